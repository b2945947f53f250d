// What axe does not see: text that leaves its box, one character per line, small print, small targets.
// Called with {minTarget, minFont}; answers a list of sentences. Selectors are shortened to what finds the spot.
({ minTarget, minFont }) => {
  const problems = [];
  const width = document.documentElement.clientWidth;
  const name = (el) => {
    const own = el.tagName.toLowerCase() + (el.id ? `#${el.id}` : el.className && el.className.baseVal === undefined ? `.${[...el.classList].join(".")}` : "");
    const text = (el.innerText || el.value || "").trim().replace(/\s+/g, " ").slice(0, 20);
    return `${own} “${text}”`;
  };
  const note = (what, el, more = "") => problems.push(`${what}: ${name(el)}${more && ` (${more})`}`);
  const hidden = (el) => !el.checkVisibility({ visibilityProperty: true }) || el.closest(".vh, .skip, [aria-hidden=true] svg, svg, template, noscript");
  const block = (el) => {
    while (el.parentElement && /^(inline|contents)/.test(getComputedStyle(el).display) && getComputedStyle(el).display !== "inline-block" && getComputedStyle(el).display !== "inline-flex") el = el.parentElement;
    return el;
  };
  const scrolled = (el) => {
    const scroller = el.closest(".scroller");
    return scroller && scroller.scrollWidth > scroller.clientWidth;
  };

  if (document.documentElement.scrollWidth > width + 1) {
    const wide = [...document.querySelectorAll("body *")].filter((el) => !hidden(el) && !scrolled(el) && el.getBoundingClientRect().right > width + 1);
    problems.push(`page is ${document.documentElement.scrollWidth - width} px too wide: ${wide.slice(0, 3).map(name).join("; ")}`);
  }

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data.trim();
    const el = node.parentElement;
    if (!text || hidden(el) || el.closest("script, style, option")) continue;
    const style = getComputedStyle(el);
    const size = parseFloat(style.fontSize);
    if (size < minFont - 0.05) note("small print", el, `${size} px`);
    const box = block(el);
    const inner = box.clientWidth - parseFloat(getComputedStyle(box).paddingLeft) - parseFloat(getComputedStyle(box).paddingRight);
    const range = document.createRange();
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()];
    if (text.length > 8 && inner < 4 * size && box.clientWidth && rects.length > 1) note("more than 8 characters in less than 4 em", el, `${Math.round(inner)} px`);
    const frame = box.getBoundingClientRect();
    if (!scrolled(el) && rects.some((rect) => rect.width && (rect.right > frame.right + 1 || rect.left < frame.left - 1))) note("text leaves its box", el);
    for (let up = el; up && up !== document.body; up = up.parentElement) {
      const clip = getComputedStyle(up);
      if (!/hidden|clip/.test(clip.overflowX + clip.overflowY)) continue;
      const edge = up.getBoundingClientRect();
      if (rects.some((rect) => rect.width && (rect.right > edge.right + 1 || rect.bottom > edge.bottom + 1))) note("text is cut off", el);
      break;
    }
  }

  const inSentence = (link) => {
    if (getComputedStyle(link).display !== "inline") return false;
    const around = block(link);
    const links = [...around.querySelectorAll("a")].map((a) => a.innerText).join("");
    return around.innerText.replace(/\s/g, "").length > links.replace(/\s/g, "").length;
  };
  for (const el of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (hidden(el)) continue;
    const rect = (el.closest("label") || el).getBoundingClientRect();
    if (el.tagName === "A" && inSentence(el)) {
      if (parseFloat(getComputedStyle(el).lineHeight) < 24) note("lines with links closer than 24 px", el);
    } else if (rect.width < minTarget - 0.5 || rect.height < minTarget - 0.5) {
      note(`target smaller than ${minTarget} px`, el, `${Math.round(rect.width)} × ${Math.round(rect.height)}`);
    }
  }
  return [...new Set(problems)];
}

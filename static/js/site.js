/* Manners of a page that waits, fails or speaks. Every page works without this file. */
"use strict";
{
  const { phone, signIn, cases, stay, session } = document.body.dataset;
  const byId = (id) => document.getElementById(id);

  const say = (text) => { byId("status").textContent = text; };

  const block = (kind, word, text, link) => {
    const box = document.createElement("div");
    box.className = `alert ${kind}`;
    const add = (to, tag, words) => {
      const el = document.createElement(tag);
      el.textContent = words;
      to.append(el);
      return el;
    };
    add(box, "p", word).className = "alert-word";
    if (text) add(box, "p", text);
    if (link && link[1]) add(add(box, "p", ""), "a", link[0]).href = link[1];
    return box;
  };

  // Failures: what happened, whether it counted, what to do. 422 is a form with its errors and is swapped in.
  const progress = ["看办事进度", cases];
  const problem = (word, text, link) => {
    const box = byId("page-error");
    box.replaceChildren(block("err", `出错：${word}`, text, link));
    box.focus();
  };
  const failed = (status, reference) => {
    const here = location.pathname + location.search;
    const number = reference ? `，报编号 ${reference}` : "";
    const again = ["刷新本页", here];
    const changed = ["内容刚刚有变化", "这一步没有办，没有扣钱。请看清楚再办。", again];
    const known = {
      0: ["网络断了", "不知道刚才这一步有没有送到。连上网以后先看办事进度，再决定要不要重做。", progress],
      401: ["登录已过期", "之前存好的都在。重新登录后可以接着办。", ["重新登录", signIn && `${signIn}?next=${encodeURIComponent(here)}`]],
      403: ["这一步现在不能办", "没有扣钱。页面可能放得太久了，请刷新后再试。", again],
      404: changed,
      409: changed,
      429: ["点得太快了", "这一步没有办，没有扣钱。请等几分钟再试。"],
    }[status];
    if (known) problem(...known);
    else problem("页面出了问题", `刚才这一步没有办成，没有扣钱，之前存好的都在。请过几分钟再试，或打 ${phone}${number}。`);
  };

  // Waiting: nothing below 0.4 s, then the button says so, at 8 s a line, at 20 s where to look. Never a retry.
  const waiting = new Map();
  const wait = (control, button, target, words) => {
    const label = button && button.textContent;
    const line = document.createElement("p");
    const timers = [
      setTimeout(() => {
        target.setAttribute("aria-busy", "true");
        if (button) button.textContent = words;
      }, 400),
      setTimeout(() => {
        line.textContent = "还在处理，请不要关闭页面。";
        (button || target).after(line);
        say(line.textContent);
      }, 8000),
      setTimeout(() => problem("没有等到结果", "可能已经办成，也可能没有。请不要再点，先看办事进度。", progress), 20000),
    ];
    waiting.set(control, () => {
      timers.forEach(clearTimeout);
      target.removeAttribute("aria-busy");
      if (button) button.textContent = label;
      line.remove();
      waiting.delete(control);
    });
  };
  const done = (control) => waiting.has(control) && waiting.get(control)();

  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.target || "download" in form.dataset) return;
    if (waiting.has(form)) event.preventDefault();
    else wait(form, event.submitter, form, form.method === "post" ? "正在提交…" : "正在查…");
  });
  addEventListener("pageshow", (event) => event.persisted && [...waiting.keys()].forEach(done));

  // HTMX. A second click while the first is under way is dropped; buttons are not disabled, so focus stays.
  let focused = null;
  const isPolled = ({ requestConfig }) => requestConfig && requestConfig.headers["X-Polled"];
  addEventListener("htmx:confirm", (event) => waiting.has(event.detail.elt) && event.preventDefault());
  addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (isPolled(detail)) return;
    const submitter = detail.requestConfig.triggeringEvent && detail.requestConfig.triggeringEvent.submitter;
    focused = document.activeElement;
    byId("page-error").replaceChildren();
    wait(detail.elt, submitter, detail.target, detail.requestConfig.verb === "get" ? "正在更新…" : "正在提交…");
  });
  addEventListener("htmx:afterRequest", ({ detail }) => {
    if (isPolled(detail)) return;
    done(detail.requestConfig.elt);
    arm();
  });
  addEventListener("htmx:beforeSwap", ({ detail }) => {
    // A redirect that ended in a whole page (sign-in, result page) is a page to go to, not a part to insert.
    if (detail.shouldSwap && /^\s*<!doctype/i.test(detail.serverResponse)) {
      detail.shouldSwap = false;
      location.assign(detail.xhr.responseURL);
    }
  });
  addEventListener("htmx:afterSettle", ({ detail }) => setTimeout(() => {
    if (isPolled(detail) || document.activeElement !== document.body) return;
    const part = detail.elt.isConnected ? detail.elt : byId("main");
    const goal = focused && focused.isConnected && !focused.disabled ? focused : part.querySelector("[data-focus], h1, h2, h3") || part;
    if (goal !== focused) goal.tabIndex = -1;
    goal.focus();
  }));
  addEventListener("htmx:responseError", ({ detail }) => failed(detail.xhr.status, detail.xhr.getResponseHeader("X-Reference")));
  addEventListener("htmx:sendError", () => failed(0));
  addEventListener("htmx:swapError", () => failed(500));
  addEventListener("display", ({ detail }) => Object.assign(document.documentElement.dataset, { size: detail.size, contrast: detail.contrast }));

  // Session: warned after three quarters of it, one link keeps it; drafts are on the server either way.
  let warning, ending;
  const arm = () => {
    clearTimeout(warning);
    clearTimeout(ending);
    byId("session-warning").replaceChildren();
    if (!session || !stay) return;
    warning = setTimeout(() => {
      const words = `还有${Math.round(session / 240)}分钟就会自动退出`;
      byId("session-warning").replaceChildren(block("warn", words, "", ["我还在，继续用", stay]));
      say(words);
    }, session * 750);
    ending = setTimeout(() => failed(401), session * 1000);
  };
  byId("session-warning").addEventListener("click", (event) => {
    if (event.target.tagName !== "A") return;
    event.preventDefault();
    fetch(stay).then((answer) => (answer.ok ? arm() : failed(answer.status)), () => failed(0));
  });
  addEventListener("stayed", arm);
  arm();

  // Buttons that only make sense here: print, read aloud.
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });
  const reader = document.querySelector("[data-speak]");
  if (reader && "speechSynthesis" in window) {
    reader.hidden = false;
    reader.addEventListener("click", () => {
      const on = speechSynthesis.speaking;
      speechSynthesis.cancel();
      reader.textContent = on ? "朗读本页" : "停止朗读";
      if (on) return;
      const speech = new SpeechSynthesisUtterance(byId("main").innerText);
      speech.lang = "zh-CN";
      speech.onend = () => { reader.textContent = "朗读本页"; };
      speechSynthesis.speak(speech);
    });
  }
}

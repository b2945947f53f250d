/* The counter by keyboard: where the clerk goes on, digits that choose, nothing submitted past what is not saved. */
"use strict";
{
  // Focus goes to the next question when a page opens and when a section was saved; never by itself in between.
  const goOn = () => {
    const part = document.querySelector("[data-next]");
    const place = part && document.getElementById(part.dataset.next);
    if (!place) return;
    const control = "input:not([type=hidden]), select, textarea, button, a";
    const goal = place.matches(`${control}, [tabindex]`) ? place : place.querySelector("input:checked") || place.querySelector(control) || place;
    goal.focus();
  };
  // Only once htmx knows the new forms: whoever types at once would submit them past it.
  let saved = false;
  addEventListener("htmx:oobAfterSwap", ({ detail }) => (saved ||= detail.target.id === "missing"));
  addEventListener("htmx:afterSettle", () => {
    if (saved) goOn();
    saved = false;
  });
  goOn();
  // An address that names a section takes the focus there when it is loaded.
  if (location.hash) addEventListener("load", () => setTimeout(goOn));

  // A digit chooses the option whose words begin with it.
  addEventListener("keydown", (event) => {
    if (event.target.type !== "radio" || event.ctrlKey || event.altKey || event.metaKey || !/^\d$/.test(event.key)) return;
    const options = event.target.closest("fieldset").querySelectorAll("label");
    const option = [...options].find((label) => label.textContent.trim().startsWith(event.key));
    if (!option) return;
    event.preventDefault();
    option.control.focus();
    option.control.click();
  });

  // Up and down go from picture to picture of a case; Enter opens it.
  addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches(".scan > summary")) return;
    const pictures = [...document.querySelectorAll(".scan > summary")];
    const next = pictures[pictures.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  // Enter saves a section from a select too, where browsers differ.
  addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || !event.target.matches("form.section select")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  // What was changed in a section is saved before the case is submitted: what is submitted is what was shown.
  const changed = new Set();
  addEventListener("input", ({ target }) => target.form && target.form.matches(".section") && changed.add(target.form));
  addEventListener("htmx:afterRequest", ({ detail }) => changed.delete(detail.requestConfig.elt));
  addEventListener("submit", (event) => {
    if (!event.target.matches("[data-ctrl-enter]")) return;
    const unsaved = [...changed].find((form) => form.isConnected);
    if (!unsaved) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.getElementById("status").textContent = "先保存刚才改的，请核对以后再提交。";
    unsaved.requestSubmit();
  }, true);

  addEventListener("keydown", (event) => {
    const form = event.ctrlKey && event.key === "Enter" && document.querySelector("form[data-ctrl-enter]");
    if (form) form.requestSubmit();
  });
}

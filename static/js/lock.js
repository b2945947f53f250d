/* A page of the staff nobody touches covers itself, and what is typed in it, until the same person unlocks it.
   What is locked is the session on the server; the cover is for whoever walks by. */
"use strict";
{
  const cover = document.getElementById("cover");
  const problem = document.getElementById("cover-error");
  const form = cover.querySelector("form");
  let locked = false, touched = Date.now(), told = touched;
  const send = (name, value) => fetch(form.action, {
    method: "POST",
    keepalive: true, // it arrives though the page is left at once
    headers: { "X-Cover": "1" },
    body: new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, [name]: value }),
  });
  const lock = () => {
    locked = true;
    if (!cover.open) cover.showModal();
    send("lock", "1").catch(() => {}); // without a network the server locks by itself
  };
  const unlocked = async (answer) => {
    if (answer.status === 204) {
      locked = false;
      touched = told = Date.now();
      cover.close();
      dispatchEvent(new Event("stayed"));
    } else if (answer.status === 422) problem.textContent = await answer.text();
    else location.assign(form.action);
  };
  const touch = () => {
    touched = Date.now();
    if (locked || touched - told < 60000) return;
    told = touched;
    fetch(document.body.dataset.stay).then(() => dispatchEvent(new Event("stayed")), () => {});
  };
  addEventListener("keydown", touch);
  addEventListener("pointerdown", touch);
  setInterval(() => !locked && Date.now() - touched > 1000 * cover.dataset.after && lock(), 1000);
  cover.addEventListener("close", () => locked && cover.showModal());
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-lock]")) return;
    event.preventDefault();
    lock();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = form.elements.typed.value;
    form.reset();
    problem.textContent = "";
    send("typed", typed).then(unlocked, () => { problem.textContent = "网络断了，请再试一次"; });
  });
}

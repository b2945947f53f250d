/* Passkeys of the staff: the browser makes or shows one, and the form carries it. Without this file there is the code. */
"use strict";
document.querySelectorAll("form[data-passkey]").forEach((form) => {
  const problem = form.querySelector("[data-passkey-problem]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.textContent = "";
    if (!window.PublicKeyCredential) {
      problem.textContent = "这个浏览器不支持通行密钥，请用动态码";
      return;
    }
    try {
      const credential = await webauthnJSON[form.dataset.passkey](JSON.parse(form.dataset.options));
      form.elements.credential.value = JSON.stringify(credential);
      form.submit();
    } catch {
      problem.textContent = "没有完成，请再试一次，或用动态码";
    }
  });
});

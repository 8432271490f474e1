"use strict";
// Reveals one field at a time, hides it again when its time is up, and marks the page with who looks.
(() => {
  const fields = document.querySelector("[data-url]");
  const mark = document.querySelector("[data-mark]");
  const why = document.getElementById("why");
  const again = document.getElementById("again");
  const reason = document.getElementById("reason");

  const paint = () => {
    const words = `${mark.dataset.mark}\u00a0${new Date().toISOString().slice(0, 16)}Z `;
    mark.textContent = words.repeat(400);
  };
  paint();
  setInterval(paint, 60000);

  const complain = (text, code) => {
    why.textContent = text;
    why.hidden = !text;
    again.hidden = code !== "policies.step_up";
  };

  const show = (button, place, value, seconds) => {
    const masked = place.textContent;
    const label = [...button.childNodes];
    const until = Date.now() + seconds * 1000;
    const hide = () => {
      clearInterval(timer);
      place.textContent = masked;
      place.classList.remove("hb-shown");
      button.replaceChildren(...label);
      button.onclick = ask;
    };
    const count = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      if (left <= 0) hide();
      else button.textContent = `${fields.dataset.hide} · ${left} s`;
    };
    place.textContent = value;
    place.classList.add("hb-shown");
    button.onclick = hide;
    const timer = setInterval(count, 500);
    count();
  };

  async function ask(event) {
    const button = event.currentTarget;
    const place = document.getElementById(`field-${button.dataset.field}`);
    const body = new FormData(reason);
    body.append("field", button.dataset.field);
    button.disabled = true;
    try {
      const answer = await fetch(fields.dataset.url, { method: "POST", body, redirect: "error" });
      const told = await answer.json();
      if (answer.ok) {
        complain("");
        show(button, place, told.value, told.seconds);
      } else complain(told.why, told.code);
    } catch {
      complain(fields.dataset.failed);
    } finally {
      button.disabled = false;
    }
  }

  for (const button of fields.querySelectorAll("[data-field]")) button.onclick = ask;
})();

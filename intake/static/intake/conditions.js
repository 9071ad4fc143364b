/*
 * Shows a question only when it applies, as intake/domain/conditions.py does on the server.
 *
 *   form[data-conditions]     its parts are looked at whenever something in it changes
 *   [data-when='{…}']         a part with its condition: {"question", "any_of" | "answered" | "at_least"},
 *                             {"every": […]} or {"some": […]}
 *   [data-when-words]         the same in words, for pages without JavaScript; hidden here
 *
 * What is hidden is disabled, so it is not sent; what was typed there stays until the page is left.
 */
(() => {
  "use strict";

  const form = document.querySelector("form[data-conditions]");
  if (!form) return;
  const passed = new Set(["prefer_not", "say_aloud"]);

  function given(name) {
    const values = [];
    for (const control of form.elements) {
      if (control.disabled || (control.name !== name && control.name !== `${name}-instead`)) continue;
      if (control.type === "radio" || control.type === "checkbox") {
        if (control.checked) values.push(control.value);
      } else if (control.value.trim()) {
        values.push(control.value.trim());
      }
    }
    // Passing wins over anything chosen or typed beside it, as on the server.
    const passing = values.filter((value) => passed.has(value));
    return passing.length ? passing : values;
  }

  function holds(condition) {
    if (condition.every) return condition.every.every(holds);
    if (condition.some) return condition.some.some(holds);
    const values = given(condition.question);
    if (condition.any_of) return values.some((value) => condition.any_of.includes(value));
    if (values.some((value) => passed.has(value))) return false;
    if (condition.answered) return values.length > 0;
    return Number(values[0]) >= condition.at_least;
  }

  function look() {
    for (const part of form.querySelectorAll("[data-when]")) {
      const applies = holds(JSON.parse(part.dataset.when));
      part.hidden = !applies;
      for (const control of part.querySelectorAll("input, select, textarea")) control.disabled = !applies;
    }
  }

  for (const words of form.querySelectorAll("[data-when-words]")) words.hidden = true;
  form.addEventListener("input", look);
  form.addEventListener("change", look);
  look();
})();

/*
 * Small helps for pages that work without them. Nothing is stored in the browser, nothing is sent
 * anywhere but to this site. Found by attributes:
 *
 *   select[data-guess-zone]        the browser's time zone is chosen, unless data-chosen says the person did;
 *                                  data-guess-zone="submit" sends the form too; a form that changes
 *                                  something says with it that this was guessed, not chosen
 *   a[data-exit]                   the way out; pressing Shift three times presses it
 *   form[data-sign-out]            sent on the way out
 *   button[data-copy="#id"]        copies that element's text
 *   form                           a second press while the first is under way does nothing
 */
(() => {
  "use strict";

  const root = document.documentElement;
  root.classList.add("js");

  // htmx notes the page's address as it loads. Nothing stays in the browser.
  try {
    sessionStorage.removeItem("htmx-current-path-for-history");
  } catch {
    // No storage, nothing in it.
  }

  // Time zone --------------------------------------------------------------

  function guessZones(scope) {
    for (const select of scope.querySelectorAll("select[data-guess-zone]")) {
      if (select.dataset.guessed !== undefined || select.dataset.chosen !== undefined) continue;
      select.dataset.guessed = "";
      let zone;
      try {
        zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      } catch {
        return;
      }
      // A browser may know a place by a name that it had before.
      const is = (option) => option.value === zone || (option.dataset.older ?? "").split(" ").includes(zone);
      const found = [...select.options].find(is);
      if (!found || select.value === found.value) continue;
      select.value = found.value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
      if (select.dataset.guessZone === "submit" && select.form) sendGuess(select.form);
    }
  }

  function sendGuess(form) {
    const note = Object.assign(document.createElement("input"), { type: "hidden", name: "guessed", value: "1" });
    if (form.method === "post") form.append(note);
    form.requestSubmit();
    // What is sent is settled by now; a choice made on this page later is no guess.
    note.remove();
  }

  // The way out ------------------------------------------------------------

  let leaving = false;

  function leave(link) {
    if (leaving) return;
    leaving = true;
    root.classList.add("is-leaving");
    document.title = "\u00a0";
    const form = document.querySelector("form[data-sign-out]");
    if (form) {
      try {
        fetch(form.action, {
          method: "POST",
          body: new FormData(form),
          keepalive: true,
          redirect: "manual",
          credentials: "same-origin",
        }).catch(() => {});
      } catch {
        // Leaving matters more.
      }
    }
    window.location.replace(link.href);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-exit]");
    if (!link || event.button !== 0) return;
    event.preventDefault();
    leave(link);
  });

  // Shift alone, three times within three seconds; Shift as part of a letter does not count.
  let presses = [];
  let alone = false;

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") {
      alone = false;
      presses = [];
    } else if (!event.repeat) {
      alone = true;
    }
  });

  document.addEventListener("keyup", (event) => {
    if (event.key !== "Shift" || !alone) return;
    alone = false;
    const now = event.timeStamp;
    presses = [...presses.filter((at) => now - at < 3000), now];
    const link = document.querySelector("a[data-exit]");
    if (presses.length >= 3 && link) leave(link);
  });

  // A page brought back from the browser's memory is asked for again, and shows nothing meanwhile.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    if (document.querySelector("a[data-exit]")) {
      root.classList.add("is-leaving");
      window.location.reload();
    }
    for (const form of document.querySelectorAll("form[aria-busy]")) rest(form);
  });

  // Copying ----------------------------------------------------------------

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    const words = button.querySelector("[aria-live]") ?? button;
    if (!source) return;
    try {
      await navigator.clipboard.writeText(("value" in source ? source.value : source.textContent).trim());
    } catch {
      getSelection().selectAllChildren(source);
      return;
    }
    const before = words.textContent;
    if (before === button.dataset.copied) return;
    words.textContent = button.dataset.copied;
    setTimeout(() => {
      words.textContent = before;
    }, 2500);
  });

  // Double presses ---------------------------------------------------------

  function rest(form) {
    form.removeAttribute("aria-busy");
    for (const button of form.querySelectorAll(".is-busy")) button.classList.remove("is-busy");
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return; // htmx has it
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    event.submitter?.classList.add("is-busy");
    setTimeout(() => rest(form), 10000); // a lost connection can be tried again
  });

  // ------------------------------------------------------------------------

  guessZones(document);
  document.addEventListener("htmx:load", (event) => guessZones(event.target));
})();

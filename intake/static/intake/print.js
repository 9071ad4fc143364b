/* button[data-print] opens the browser's own print dialogue. */
(() => {
  "use strict";

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("button[data-print]")) window.print();
  });
})();

/* script[data-address]: this page answers a form, and nobody should be able to go back to it. Its entry in
   the history becomes that of the address to which everybody is led; without one, of the page itself. */
(() => {
  "use strict";

  const { address } = document.currentScript.dataset;
  history.replaceState(null, "", address || location.href);
})();

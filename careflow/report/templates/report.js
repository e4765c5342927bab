"use strict";
(function () {
  var pick = document.getElementById("pick");
  function show() {
    document.querySelectorAll(".panel").forEach(function (panel) {
      panel.hidden = panel.id !== "panel-" + pick.value;
    });
  }
  pick.addEventListener("change", show);
  show();
})();

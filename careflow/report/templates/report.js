"use strict";
(function () {
  var pick = document.getElementById("pick"), group = document.getElementById("pick-group");
  var label = document.title.slice(document.title.lastIndexOf(" ("));

  function each(query, what) { document.querySelectorAll(query).forEach(what); }

  /* The quarter: its tables and pictures, its title and its summary; its name is in the address. */
  function show() {
    each(".panel", function (panel) { panel.hidden = panel.id !== "panel-" + pick.value; });
    each(".lead", function (lead) {
      lead.hidden = lead.dataset.quarter !== pick.value;
      if (!lead.hidden) {
        document.getElementById("title").textContent = lead.dataset.title;
        document.title = lead.dataset.title + label;
      }
    });
  }
  function fromAddress() {
    var name = location.hash.slice(1).toUpperCase();
    [].forEach.call(pick.options, function (option) {
      if (option.value.toUpperCase() === name) { pick.value = option.value; show(); }
    });
  }
  pick.addEventListener("change", function () {
    show();
    try { history.replaceState(null, "", "#" + pick.value); } catch (error) { /* a page from a file may refuse */ }
  });
  addEventListener("hashchange", fromAddress);
  show();
  fromAddress();

  function showGroup() {
    each(".group", function (one) { one.hidden = one.id !== "group-" + group.value; });
  }
  if (group) { group.addEventListener("change", showGroup); showGroup(); }

  /* On a narrow window a chart fits, and opens in full size on a tap. */
  each(".size", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      button.textContent = button.parentElement.classList.toggle("full") ? "Fit to the window" : "Full size";
    });
  });

  /* An arc of the flow map opens the trend of its move, from the numbers that the report shows. */
  var moves = JSON.parse(document.getElementById("moves").textContent), dialog = document.getElementById("trend");
  function percent(share) { return Math.round(100 * share) + "%"; }
  function element(name, attributes, text) {
    var made = document.createElementNS(document.querySelector("svg").namespaceURI, name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    if (text) { made.textContent = text; }
    return made;
  }
  function drawn(series) {
    var wide = 640, high = 240, left = 44, bottom = 26, top = 10;
    var most = Math.max.apply(null, series.map(function (one) { return one ? one[2] : 0; })) || 1;
    function x(place) { return left + (place + 0.5) * (wide - left) / series.length; }
    function y(share) { return top + (1 - share / most) * (high - top - bottom); }
    var svg = element("svg", {viewBox: "0 0 " + wide + " " + high, "aria-hidden": "true"}), before = null;
    [0, most / 2, most].forEach(function (share) {
      svg.append(element("line", {x1: left, x2: wide, y1: y(share), y2: y(share), stroke: "#D5D9DE"}),
        element("text", {x: left - 6, y: y(share) + 4, "text-anchor": "end", "font-size": 13, fill: "#5A6169"}, percent(share)));
    });
    series.forEach(function (one, place) {
      if (place % Math.ceil(series.length / 6) === 0) {
        svg.append(element("text", {x: x(place), y: high - 6, "text-anchor": "middle", "font-size": 13, fill: "#5A6169"},
          moves.quarters[place]));
      }
      if (one) {
        svg.append(element("line", {x1: x(place), x2: x(place), y1: y(one[1]), y2: y(one[2]), stroke: "#8B939B", "stroke-width": 2}));
        if (before) {
          svg.append(element("line", {x1: before[0], y1: before[1], x2: x(place), y2: y(one[0]), stroke: "#1D2329", "stroke-width": 2}));
        }
        svg.append(element("circle", {cx: x(place), cy: y(one[0]), r: 4, stroke: "#1D2329", "stroke-width": 2,
          fill: one[3] ? "#1D2329" : "#fff"}));
      }
      before = one ? [x(place), y(one[0])] : null;
    });
    return svg;
  }
  function row(cells, head) {
    var made = document.createElement("tr");
    cells.forEach(function (text, place) {
      var cell = document.createElement(head || place === 0 ? "th" : "td");
      cell.scope = head ? "col" : "row";
      cell.textContent = text;
      made.append(cell);
    });
    return made;
  }
  function open(frm, to) {
    var series = moves.rates[frm + "-" + to] || [], table = document.getElementById("trend-table");
    document.getElementById("trend-name").textContent = moves.levels[frm] + " to " + moves.levels[to] + " within " +
      moves.within + " days, quarter by quarter";
    document.getElementById("trend-chart").replaceChildren(drawn(series));
    table.replaceChildren(table.caption, row(["Quarter", "Rate", "Interval"], true));
    series.forEach(function (one, place) {
      table.append(row([moves.quarters[place], one ? percent(one[0]) : "–",
        one ? percent(one[1]) + " to " + percent(one[2]) : "hidden or nobody"]));
    });
    dialog.showModal();
  }
  each('[id*="-arc-"]', function (arc) {
    var places = arc.id.split("-arc-")[1].split("-"), words = arc.querySelector("title");
    arc.closest("svg").setAttribute("role", "group");
    arc.setAttribute("role", "button");
    arc.setAttribute("tabindex", "0");
    arc.setAttribute("aria-label", (words ? words.textContent : "This move") + ". Open its trend");
    arc.addEventListener("click", function () { open(places[0], places[1]); });
    arc.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(places[0], places[1]); }
    });
  });
})();

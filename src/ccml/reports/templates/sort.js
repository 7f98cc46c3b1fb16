"use strict";
// Sorts a table by a click on a heading; without it the page says the same.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  table.querySelectorAll("thead th").forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sortBy(table, heading, column));
  });
}
function sortBy(table, heading, column) {
  const falling = heading.getAttribute("aria-sort") === "ascending";
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => compare(key(a, column), key(b, column), falling));
  for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
  body.append(...rows);
}
function key(row, column) {
  const cell = row.cells[column];
  const text = cell.dataset.sort ?? cell.textContent.trim();
  if (text === "" || text === "\u2013") return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}
function compare(a, b, falling) {
  if (a === null || b === null) return (a === null) - (b === null);
  const both = typeof a === "number" && typeof b === "number";
  const order = both ? a - b : String(a).localeCompare(String(b));
  return falling ? -order : order;
}

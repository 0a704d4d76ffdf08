/* Filters of the table of claims: by document and by ruling. Without this script all rows show. */
document.addEventListener("DOMContentLoaded", () => {
  "use strict";
  const table = document.querySelector("#the-claims table");
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  /* What a cell says in a word: of a ruling, what stands before the colon of the chapter. */
  const said = (row, column) => row.cells[column].textContent.trim().split(/: /)[0];
  const count = document.createElement("output");
  const selects = [["Document", 0], ["Ruling", 2]].map(([name, column]) => {
    const select = document.createElement("select");
    select.append(new Option("all", ""));
    for (const value of new Set(rows.map((row) => said(row, column)))) {
      select.append(new Option(value, value));
    }
    select.addEventListener("change", filter);
    const label = document.createElement("label");
    label.append(`${name} `, select);
    return { column, label, select };
  });

  function filter() {
    for (const row of rows) {
      row.hidden = selects.some(({ column, select }) => select.value && said(row, column) !== select.value);
    }
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} claims`;
  }

  const form = document.createElement("form");
  form.className = "claims-filter";
  form.addEventListener("submit", (event) => event.preventDefault());
  form.append(...selects.map(({ label }) => label), count);
  (table.closest(".pst-scrollable-table-container") || table).before(form);
  filter();
});


"use strict";
// The page is complete without this script. It filters, sorts and switches the theme, and writes text only as text.
(() => {
  const root = document.documentElement;
  const most = 300; // rows of a table that are laid out at once

  for (const element of document.querySelectorAll("[data-script]")) element.hidden = false;

  const theme = document.getElementById("theme");
  const dark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const showTheme = () => theme.setAttribute("aria-pressed", String(dark()));
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    showTheme();
  });
  showTheme();
  document.getElementById("print").addEventListener("click", () => print());

  // A list of findings or a table of vulnerabilities: which items match, and how many of them are shown.
  class List {
    constructor(form) {
      this.form = form;
      this.section = document.getElementById(form.dataset.filter);
      this.items = [...this.section.querySelectorAll("[data-item]")];
      this.words = new Map();
      this.table = this.section.querySelector("table.sortable");
      this.limit = this.table ? most : Infinity;
      form.addEventListener("input", () => this.filter());
      form.addEventListener("submit", (event) => event.preventDefault());
      if (this.table) {
        this.addMore();
        this.addSorting();
      }
      this.filter();
    }

    matches(item, wanted) {
      const { text, severity, state, epss, fixable, kev } = wanted;
      const rank = Number(item.dataset.severity);
      return (
        (!severity || rank === 0 || rank >= severity) && // what has no known severity is never hidden by one
        (!state || item.dataset.state === state) &&
        (!epss || Number(item.dataset.epss) >= epss) &&
        (!fixable || item.dataset.fixable === "1") &&
        (!kev || item.dataset.kev === "1") &&
        (!text || this.wordsOf(item).includes(text))
      );
    }

    wordsOf(item) {
      if (!this.words.has(item)) {
        const group = item.closest("[data-group]");
        const path = group ? group.querySelector("h3").textContent : "";
        this.words.set(item, (item.textContent + " " + path).toLowerCase());
      }
      return this.words.get(item);
    }

    filter() {
      const data = new FormData(this.form);
      const wanted = {
        text: (data.get("text") || "").trim().toLowerCase(),
        severity: Number(data.get("severity")),
        state: data.get("state"),
        epss: Number(data.get("epss")),
        fixable: data.has("fixable"),
        kev: data.has("kev"),
      };
      let found = 0;
      for (const item of this.items) {
        const fits = this.matches(item, wanted);
        found += fits;
        item.hidden = !fits || found > this.limit;
      }
      for (const group of this.section.querySelectorAll("[data-group]")) {
        group.hidden = !group.querySelector("[data-item]:not([hidden])");
      }
      this.form.querySelector("output").textContent = found + " of " + this.items.length;
      if (this.more) {
        this.more.hidden = found <= this.limit;
        this.more.textContent = "Show the other " + (found - this.limit);
      }
    }

    showAll() {
      this.limit = Infinity;
      this.filter();
    }

    show(item) {
      if (!item.hidden) return;
      this.form.reset();
      this.showAll();
    }

    addMore() {
      this.more = document.createElement("button");
      this.more.type = "button";
      this.more.className = "more";
      this.more.addEventListener("click", () => this.showAll());
      this.section.append(this.more);
    }

    addSorting() {
      for (const head of this.table.querySelectorAll("th[data-sort]")) {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => this.sort(head));
      }
    }

    sort(head) {
      const number = head.dataset.sort === "number";
      const before = head.getAttribute("aria-sort");
      const down = before ? before === "ascending" : number; // numbers begin with the greatest
      const value = (item) => {
        const cell = item.cells[head.cellIndex];
        const summary = cell.querySelector("summary");
        return number ? Number(cell.dataset.value) : (summary || cell).textContent.trim();
      };
      const order = new Intl.Collator("en", { numeric: true });
      const keyed = this.items.map((item) => [value(item), item]);
      keyed.sort(([a], [b]) => (down ? -1 : 1) * (number ? a - b : order.compare(a, b)));
      this.items = keyed.map(([, item]) => item);
      this.table.tBodies[0].append(...this.items);
      for (const other of this.table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      this.filter();
    }
  }

  const lists = [...document.querySelectorAll("[data-filter]")].map((form) => new List(form));

  // A link to a finding that a filter hides shows it; a row of the table is opened.
  const arrive = () => {
    const item = location.hash.startsWith("#f-") && document.getElementById(location.hash.slice(1));
    if (!item) return;
    for (const list of lists) if (list.section.contains(item)) list.show(item);
    const details = item.querySelector("details");
    if (details) details.open = true;
    item.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", arrive);
  arrive();

  // The report itself has no clock; the reader's says which waivers have ended since.
  const today = new Date();
  for (const time of document.querySelectorAll("time[datetime]")) {
    const days = Math.ceil((new Date(time.dateTime + "T23:59:59") - today) / 86400000);
    if (Number.isNaN(days)) continue;
    time.append(days <= 0 ? " (expired)" : days === 1 ? " (last day)" : " (" + days + " days left)");
    time.classList.toggle("expired", days <= 0);
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    for (const list of lists) list.showAll();
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });
})();

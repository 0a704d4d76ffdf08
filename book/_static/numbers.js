/* Cards of numbers, copy buttons, and the search. Nothing is asked of another host; without this
   script a number is a link to its page. Data come as scripts, so that all works from a disk too. */
(function () {
  "use strict";
  const cards = new Map(); // what is known of numbers, by the address of their script
  const waiting = new Map();

  window.advocacyNumbers = (content) => { cards.set(document.currentScript.src, content); };

  function load(address) {
    if (!waiting.has(address)) {
      waiting.set(address, new Promise((found, failed) => {
        const script = document.createElement("script");
        script.src = address;
        script.onload = found;
        script.onerror = failed;
        document.head.append(script);
      }));
    }
    return waiting.get(address);
  }

  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  /* Copies by the clipboard where there is one, else, as from a disk, by a selection. */
  async function copy(text, button) {
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      const area = element("textarea", text, { readonly: "" });
      (button.closest("dialog") || document.body).append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const label = button.dataset.label || button.textContent;
    button.dataset.label = label;
    button.textContent = done ? "Copied" : "Select the text and copy it";
    setTimeout(() => { button.textContent = label; }, 2000);
  }

  /* Cards */

  function card(link, content) {
    const identifier = link.dataset.number;
    const own = content && content.numbers[identifier];
    if (!own) { window.location.href = link.href; return; }
    if (document.querySelector("dialog.number-card")) return; // asked twice while it was loaded
    const [text, interval, n, what, caution, by] = own;
    const named = { id: identifier, text, what: content.texts[what], page: link.href, by: content.texts[by] };
    const cite = content.cite.replace(/\{(id|text|what|page|by)\}/g, (_, key) => named[key]);
    const dialog = element("dialog", "", { class: "number-card", "aria-labelledby": "number-card-value" });
    dialog.append(element("p", text, { class: "value", id: "number-card-value" }));
    dialog.append(element("p", named.what));
    const known = [interval && `interval ${interval}`, n && `n ${n}`].filter(Boolean).join(" · ");
    if (known) dialog.append(element("p", known));
    if (content.texts[caution]) dialog.append(element("p", content.texts[caution], { class: "caution" }));
    const line = element("p");
    line.append(element("code", identifier));
    dialog.append(line);
    const actions = element("div", "", { class: "actions" });
    const button = element("button", "Copy citation", { type: "button" });
    button.addEventListener("click", () => copy(cite, button));
    const close = element("button", "Close", { type: "button" });
    close.addEventListener("click", () => dialog.close());
    actions.append(button, element("a", "Open its page", { href: link.href }), close);
    dialog.append(actions);
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    // The page has a use of its own for Escape, by which it would stay open.
    dialog.addEventListener("keydown", (event) => event.stopPropagation());
    dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
    document.body.append(dialog);
    dialog.showModal(); // Escape closes it, and the keyboard stays in it
  }

  async function open(link) {
    const match = /^(.*\/numbers\/[^/]+\/[^/]+?)(?:\.html|\/.*)$/.exec(link.href);
    const address = `${match[1]}.js`;
    try { await load(address); } catch { /* its page says all */ }
    card(link, cards.get(address));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) { copy(button.closest("section").querySelector("pre").textContent, button); return; }
    const link = event.target.closest("a.number[data-number]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(link);
  });

  document.addEventListener("keydown", (event) => {
    const link = event.key === " " && event.target.closest && event.target.closest("a.number[data-number]");
    if (link) { event.preventDefault(); open(link); }
  });

  function announce() {
    for (const link of document.querySelectorAll("a.number[data-number]")) {
      link.setAttribute("role", "button");
      link.setAttribute("aria-haspopup", "dialog");
    }
  }

  /* Search */

  const MOST = 100;
  let index = null;
  window.advocacyIndex = (content) => {
    index = content.rows.map(([id, text, words, chapters, page]) => ({
      id, text, what: words.map((place) => content.texts[place]).filter(Boolean).join("; "),
      page: page || `numbers/${content.version}/${id.split(":").map(cased).join("/")}.html`,
      chapters: chapters.map((place) => content.chapters[place]),
    }));
    for (const one of index) {
      const names = one.chapters.map(([name, title]) => `${name} ${title}`).join(" ");
      one.all = `${one.id} ${one.text} ${one.what} ${names}`.toLowerCase().replace(/[\u00a0\u202f]/g, " ");
    }
  };

  /* Where a page lies: capitals are told apart on disks that ignore case, as addresses.py has it. */
  function cased(part) {
    let capitals = 0n;
    [...part].forEach((sign, place) => { if (sign >= "A" && sign <= "Z") capitals += 1n << BigInt(place); });
    return capitals ? `${part}~${capitals.toString(16)}` : part;
  }

  function found(words) {
    const asked = words.toLowerCase().split(/\s+/).filter(Boolean);
    return index.filter((one) => asked.every((word) => one.all.includes(word)));
  }

  function item(one) {
    const shown = element("li");
    shown.append(element("a", one.text, { class: "number", href: one.page, "data-number": one.id }));
    shown.append(" ", element("code", one.id));
    const small = element("small", one.what);
    if (one.chapters.length) small.append(" – ");
    one.chapters.forEach(([name, title], place) => {
      small.append(place ? ", " : "", element("a", title, { href: `${name}.html` }));
    });
    shown.append(small);
    return shown;
  }

  function show(box) {
    const rows = found(box.value);
    document.getElementById("number-found").replaceChildren(...rows.slice(0, MOST).map(item));
    document.getElementById("number-count").textContent =
      rows.length > MOST ? `${rows.length} numbers, of which the first ${MOST} are shown` : `${rows.length} numbers`;
    announce();
  }

  async function search() {
    const part = document.getElementById("number-search");
    if (!part) return;
    await load(new URL("numbers/index.js", window.location.href).href);
    const box = document.getElementById("number-words");
    box.value = new URLSearchParams(window.location.search).get("q") || "";
    part.hidden = false;
    let timer;
    box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => show(box), 150); });
    show(box);
  }

  function start() { announce(); search(); }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();

'use strict';
(() => {
  const all = (css, from = document) => Array.from(from.querySelectorAll(css));
  for (const part of all('.zoom, .find')) part.hidden = false;

  // The map: what is seen of it is [from, to) of 10000.
  const drawing = document.getElementById('drawing');
  if (drawing) {
    const size = Number(drawing.dataset.size), height = drawing.viewBox.baseVal.height, whole = 10000;
    let from = 0, to = whole;
    const hex = units => '0x' + Math.round(units / whole * size).toString(16);
    const show = (a, b) => {
      const width = Math.min(whole, Math.max(b - a, whole / Math.max(size, 1) * 64));
      from = Math.min(Math.max(0, a), whole - width);
      to = from + width;
      drawing.setAttribute('viewBox', `${from} 0 ${to - from} ${height}`);
      document.getElementById('range').textContent = `${hex(from)} to ${hex(to)}`;
    };
    const act = {
      in: () => show(from + (to - from) / 4, to - (to - from) / 4), out: () => show(from - (to - from) / 2, to + (to - from) / 2),
      left: () => show(from - (to - from) / 4, to - (to - from) / 4), right: () => show(from + (to - from) / 4, to + (to - from) / 4), all: () => show(0, whole),
    };
    for (const button of all('[data-zoom]')) button.addEventListener('click', () => act[button.dataset.zoom]());
    drawing.addEventListener('wheel', e => {
      if (!e.ctrlKey) return;
      e.preventDefault();
      const box = drawing.getBoundingClientRect(), at = from + (e.clientX - box.left) / box.width * (to - from), by = e.deltaY < 0 ? 0.7 : 1.4;
      show(at - (at - from) * by, at + (to - at) * by);
    }, {passive: false});
    document.addEventListener('keydown', e => {
      if (e.target.closest('input, textarea') || e.ctrlKey || e.metaKey || e.altKey || !e.target.closest('#map')) return;
      const name = {'+': 'in', '=': 'in', '-': 'out', '0': 'all', ArrowLeft: 'left', ArrowRight: 'right'}[e.key];
      if (!name || e.target.closest('.wide')) return;
      e.preventDefault();
      act[name]();
    });
    show(0, whole);
  }

  // A link into the tree opens what lies around its target.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let up = target; up; up = up.parentElement) if (up.tagName === 'DETAILS') up.open = true;
    target.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
  reveal();

  const nodes = all('details.node');
  const root = nodes[0];
  if (root) root.open = true;
  const byId = id => document.getElementById(id);
  byId('open-all')?.addEventListener('click', () => nodes.forEach(n => { n.open = true; }));
  byId('close-all')?.addEventListener('click', () => nodes.forEach(n => { n.open = n === root; }));

  // What a person types is looked for in each of `things`; those that do not have it are hidden.
  const finder = (input, output, things, words, around) => {
    input?.addEventListener('input', () => {
      const wanted = input.value.toLowerCase();
      let found = 0;
      for (const thing of things) thing.hidden = wanted !== '';
      for (const thing of things) {
        if (wanted !== '' && !words(thing).toLowerCase().includes(wanted)) continue;
        found++;
        thing.hidden = false;
        if (wanted === '') continue;
        for (let up = thing.parentElement; up; up = up.parentElement) if (up.tagName === 'DETAILS') { up.hidden = false; up.open = true; }
        if (around) for (const inner of all(around, thing)) inner.hidden = false;
      }
      output.textContent = wanted === '' ? '' : `${found} found`;
    });
  };
  finder(byId('find-node'), byId('found-nodes'), nodes, n => n.dataset.words, 'details.node');
  finder(byId('find-file'), byId('found-files'), all('#files tbody tr'), r => r.lastElementChild.textContent);

  // On paper everything is open.
  let closed = [];
  addEventListener('beforeprint', () => { closed = all('details:not([open])'); closed.forEach(d => { d.open = true; }); });
  addEventListener('afterprint', () => { closed.forEach(d => { d.open = false; }); });
})();

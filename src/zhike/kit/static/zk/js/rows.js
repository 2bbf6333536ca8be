// Choosing rows: `<form data-select>` or any element around a table with `.chk input` boxes and a `.bulk` bar inside.
// Shift chooses a range. `[data-count]` says how many; `[data-all]` offers the whole filter and sets `input[name=all]`.
import { $, $$ } from './page.js';

let last = null;

const boxes = (area) => $$('tbody .chk input, li .chk input', area);

function show(area) {
  const all = boxes(area);
  const head = $('thead .chk input', area);
  const chosen = all.filter((b) => b.checked).length;
  const whole = $('input[name=all]', area);
  all.forEach((b) => b.closest('tr, li').setAttribute('aria-selected', b.checked));
  if (head) { head.checked = chosen > 0 && chosen === all.length; head.indeterminate = chosen > 0 && chosen < all.length; }
  if (whole && chosen < all.length) whole.value = '';
  const bar = $('.bulk', area);
  if (!bar) return;
  bar.hidden = !chosen;
  const count = $('[data-count]', bar);
  if (count) count.textContent = whole?.value ? count.dataset.count : chosen;
  const more = $('[data-all]', bar);
  if (more) more.hidden = chosen < all.length || Boolean(whole?.value);
}

document.addEventListener('click', (event) => {
  const { target } = event;
  const area = target.closest?.('[data-select]');
  if (!area) return;
  if (target.matches('.chk input')) {
    const all = boxes(area);
    if (event.shiftKey && last && all.includes(last) && all.includes(target)) {
      const [from, to] = [all.indexOf(last), all.indexOf(target)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((b) => { b.checked = target.checked; });
    }
    if (target.closest('thead')) all.forEach((b) => { b.checked = target.checked; });
    last = target;
    show(area);
  }
  if (target.closest('[data-all]')) {
    $('input[name=all]', area).value = '1';
    show(area);
  }
  if (target.closest('[data-none]')) {
    boxes(area).forEach((b) => { b.checked = false; });
    show(area);
  }
});

const showAll = () => $$('[data-select]').forEach(show);
document.addEventListener('htmx:load', showAll);
showAll();

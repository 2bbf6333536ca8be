// A board: cards `.kcard[data-move-url]` in `.lane > ul[data-move-value]` under `[data-kanban]`. Dropping a card posts
// `{stage: value}`, by mouse, by long touch, or Alt-arrows. The card moves when the server has said yes; its answer is
// swapped where `data-kanban` says (a selector; the board itself if empty), or a dialog asks for what is missing.
import { $, $$, word } from './page.js';
import { toast } from './toasts.js';

let held = null;

const lists = (card) => $$('ul[data-move-value]', card.closest('[data-kanban]'));

function move(card, list) {
  const board = card.closest('[data-kanban]');
  if (!list || list === card.parentNode || !card.dataset.moveUrl) return;
  const values = { [board.dataset.moveField || 'stage']: list.dataset.moveValue };
  if (card.dataset.version) values.version = card.dataset.version;
  const place = list.dataset.moveName || '';
  card.setAttribute('aria-busy', 'true');
  const request = window.htmx.ajax('POST', card.dataset.moveUrl, {
    source: board, target: board.dataset.kanban || board, swap: 'outerHTML', values,
  });
  Promise.resolve(request).then(() => {
    card.removeAttribute('aria-busy');
    const now = card.id && document.getElementById(card.id);
    if (now?.closest('ul') && now.closest('ul').dataset.moveValue === list.dataset.moveValue) {
      toast(word('moved').replace('{place}', place));
      now.focus();
    }
  }, () => card.removeAttribute('aria-busy'));
}

function over(lane) {
  $$('.lane.over').forEach((l) => l.classList.toggle('over', l === lane));
  lane?.classList.add('over');
}

function drop(list) {
  const card = held;
  end();
  if (card && list) move(card, list);
}

function end() {
  held?.classList.remove('drag');
  held = null;
  over(null);
}

const laneAt = (target) => target?.closest?.('[data-kanban] .lane');

document.addEventListener('dragstart', (event) => {
  held = event.target.closest?.('.kcard[data-move-url]');
  if (!held) return;
  held.classList.add('drag');
  event.dataTransfer.effectAllowed = 'move';
  event.dataTransfer.setData('text/plain', held.textContent.trim());
});
document.addEventListener('dragover', (event) => {
  const lane = held && laneAt(event.target);
  if (!lane) return;
  event.preventDefault();
  over(lane);
});
document.addEventListener('drop', (event) => {
  const lane = held && laneAt(event.target);
  if (!lane) return;
  event.preventDefault();
  drop($('ul[data-move-value]', lane));
});
document.addEventListener('dragend', end);

// Touch screens drag nothing by themselves: hold a card for a moment, then take it.
let hold = 0;
document.addEventListener('pointerdown', (event) => {
  const card = event.pointerType === 'touch' && event.target.closest?.('.kcard[data-move-url]');
  if (!card) return;
  hold = setTimeout(() => { held = card; card.classList.add('drag'); navigator.vibrate?.(10); }, 350);
});
document.addEventListener('pointermove', (event) => {
  if (!held && (Math.abs(event.movementX) > 4 || Math.abs(event.movementY) > 4)) clearTimeout(hold);
  if (held && event.pointerType === 'touch') over(laneAt(document.elementFromPoint(event.clientX, event.clientY)));
});
document.addEventListener('pointerup', (event) => {
  clearTimeout(hold);
  if (!held || event.pointerType !== 'touch') return;
  const lane = laneAt(document.elementFromPoint(event.clientX, event.clientY));
  drop(lane && $('ul[data-move-value]', lane));
});
document.addEventListener('pointercancel', (event) => { clearTimeout(hold); if (event.pointerType === 'touch') end(); });
document.addEventListener('touchmove', (event) => { if (held) event.preventDefault(); }, { passive: false });

document.addEventListener('keydown', (event) => {
  const card = event.target.closest?.('.kcard[data-move-url]');
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!card || !event.altKey || !step) return;
  event.preventDefault();
  const all = lists(card);
  move(card, all[all.indexOf(card.parentNode) + step]);
});

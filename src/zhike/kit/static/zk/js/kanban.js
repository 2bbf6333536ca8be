// A board: cards `.kcard[data-move-url]` in `.lane > ul[data-move-value]` under `[data-kanban]`. Dropping a card posts
// `{stage: value}`, by mouse, by long touch, or Alt-arrows. The card moves when the server has said yes; its answer is
// swapped where `data-kanban` says (a selector; the board itself if empty), or a dialog asks for what is missing.
// `ul[data-open-to="3 5"]`: where its cards may go. Other lanes are shown as shut, and a card dropped there is sent all
// the same: the server says why it may not go there, and what is open to it.
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

const isShut = (card, list) => {
  const open = card.parentNode.dataset.openTo;
  return open !== undefined && list !== card.parentNode && !open.split(' ').includes(list.dataset.moveValue);
};

function hold(card) {
  held = card;
  card.classList.add('drag');
  lists(card).forEach((list) => list.closest('.lane').classList.toggle('shut', isShut(card, list)));
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
  $$('.lane.shut').forEach((lane) => lane.classList.remove('shut'));
  held = null;
  over(null);
}

const laneAt = (target) => target?.closest?.('[data-kanban] .lane');

document.addEventListener('dragstart', (event) => {
  const card = event.target.closest?.('.kcard[data-move-url]');
  if (!card) return;
  hold(card);
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
let soon = 0;
document.addEventListener('pointerdown', (event) => {
  const card = event.pointerType === 'touch' && event.target.closest?.('.kcard[data-move-url]');
  if (!card) return;
  soon = setTimeout(() => { hold(card); navigator.vibrate?.(10); }, 350);
});
document.addEventListener('pointermove', (event) => {
  if (!held && (Math.abs(event.movementX) > 4 || Math.abs(event.movementY) > 4)) clearTimeout(soon);
  if (held && event.pointerType === 'touch') over(laneAt(document.elementFromPoint(event.clientX, event.clientY)));
});
document.addEventListener('pointerup', (event) => {
  clearTimeout(soon);
  if (!held || event.pointerType !== 'touch') return;
  const lane = laneAt(document.elementFromPoint(event.clientX, event.clientY));
  drop(lane && $('ul[data-move-value]', lane));
});
document.addEventListener('pointercancel', (event) => { clearTimeout(soon); if (event.pointerType === 'touch') end(); });
document.addEventListener('touchmove', (event) => { if (held) event.preventDefault(); }, { passive: false });

document.addEventListener('keydown', (event) => {
  const card = event.target.closest?.('.kcard[data-move-url]');
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!card || !event.altKey || !step) return;
  event.preventDefault();
  const all = lists(card), there = all.indexOf(card.parentNode) + step;
  const ways = step > 0 ? all.slice(there) : all.slice(0, Math.max(there + 1, 0)).reverse();
  move(card, ways.find((list) => !isShut(card, list)) || ways[0]);
});

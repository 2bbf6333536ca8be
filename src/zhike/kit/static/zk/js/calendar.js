// A calendar `[data-calendar]`: entries `.ev[data-move]` are dragged to a place `[data-day]`, made longer by `[data-longer]`,
// moved by Alt-arrows (with Shift: made longer). A column `.cal-col` knows hours, in quarters; elsewhere the time stays.
// The server moves, then the calendar comes anew. Dragging over empty hours opens `data-new-url` with that time.
import { $, $$ } from './page.js';

const QUARTER = 15;
const DAY = 1440;
let drag = null;
let hold = 0;
let dragged = false;

const page = () => $('[data-calendar]');
const pad = (n) => String(n).padStart(2, '0');
const clock = (minute) => `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
const stamp = (text) => Date.parse(`${text}Z`) / 60000; // minutes; local times reckoned as if UTC, so no zone interferes
const text = (minutes) => new Date(minutes * 60000).toISOString().slice(0, 16);
const length = (entry) => (entry.dataset.end ? stamp(entry.dataset.end) - stamp(entry.dataset.begin) : 0);
const place = (event) => document.elementsFromPoint(event.clientX, event.clientY).find((e) => e.matches?.('[data-calendar] [data-day]'));

function minuteAt(column, y) {
  const { first, hours } = column.closest('[data-hours]').dataset;
  const box = column.getBoundingClientRect();
  return first * 60 + Math.round(((y - box.top) / box.height) * hours * 60 / QUARTER) * QUARTER;
}

async function move(entry, begin, end, whole) {
  const values = { begin, end, version: entry.dataset.version };
  if (whole) values.all_day = 'on';
  const task = entry.dataset.task;
  entry.setAttribute('aria-busy', 'true');
  const answered = new Promise((done) => document.addEventListener('htmx:afterRequest', done, { once: true }));
  window.htmx.ajax('POST', entry.dataset.move, { source: entry, target: page(), swap: 'none', values });
  const { detail } = await answered;
  entry.removeAttribute('aria-busy');
  clear();
  if (detail.xhr?.status === 409) window.htmx.trigger(document.body, 'zk:calendar');
  document.addEventListener('htmx:afterSettle', () => $(`.ev[data-task="${task}"]`)?.focus({ preventScroll: true }), { once: true });
}

function clear() {
  $$('.ev-to').forEach((e) => e.remove());
  $$('.over', page() ?? document).forEach((e) => e.classList.remove('over'));
  $$('.ev.drag').forEach((e) => e.classList.remove('drag'));
}

// Where the thing dragged would lie: shown in its column, or the cell lights up.
function show(target) {
  clear();
  drag.entry?.classList.add('drag');
  if (!target) return;
  const { zone, from, until } = target;
  if (from === undefined) { zone.classList.add('over'); return; }
  const { first, hours } = zone.closest('[data-hours]').dataset;
  const box = document.createElement('div');
  box.className = 'ev-to';
  box.textContent = `${clock(from)}–${clock(until)}`;
  box.style.top = `${((from - first * 60) / (hours * 60)) * 100}%`;
  box.style.height = `${((until - from) / (hours * 60)) * 100}%`;
  zone.append(box);
}

function target(event) {
  const { entry, kind } = drag;
  if (kind === 'move') {
    const zone = place(event);
    if (!zone || zone.closest('.cal-lday')) return null;
    if (!zone.matches('.cal-col')) return { zone };
    const from = Math.max(0, Math.min(DAY - QUARTER, minuteAt(zone, event.clientY - drag.grip)));
    return { zone, from, until: Math.min(DAY, from + (length(entry) % DAY || 30)) };
  }
  const zone = drag.zone;
  const at = Math.max(0, Math.min(DAY, minuteAt(zone, event.clientY)));
  if (kind === 'size') return { zone, from: drag.from, until: Math.max(at, drag.from + QUARTER) };
  return at < drag.from ? { zone, from: at, until: drag.from } : { zone, from: drag.from, until: Math.max(at, drag.from + QUARTER) };
}

function drop({ zone, from, until }) {
  const { entry, kind } = drag;
  const day = zone.dataset.day;
  if (kind === 'new') return ask(day, from, until === from + QUARTER ? from + 60 : until, zone.dataset.person);
  if (kind === 'size') return move(entry, entry.dataset.begin, text(stamp(`${day}T00:00`) + until));
  const span = length(entry);
  const timed = entry.dataset.begin && !('whole' in entry.dataset);
  const start = from === undefined ? `${day}T${timed ? entry.dataset.begin.slice(11) : '00:00'}` : text(stamp(`${day}T00:00`) + from);
  const whole = 'wholeRow' in zone.dataset || (from === undefined && !timed);
  if (start === entry.dataset.begin && whole === !timed) return clear();
  return move(entry, start, span && (whole || timed) ? text(stamp(start) + span) : from === undefined ? '' : text(stamp(start) + 30), whole);
}

function ask(day, from, until, person) {
  const at = (minute) => text(stamp(`${day}T00:00`) + Math.min(minute, DAY));
  const query = new URLSearchParams({ begin: at(from), end: at(until), assignee: person });
  window.htmx.ajax('GET', `${page().dataset.newUrl}?${query}`, { target: '#dialog' }).then(clear);
}

function start(event, entry) {
  const column = event.target.closest('.cal-col');
  const size = entry && event.target.closest('[data-longer]');
  const grip = entry ? event.clientY - entry.getBoundingClientRect().top : 0;
  if (entry) drag = { kind: size ? 'size' : 'move', entry, grip, zone: column, from: size ? stamp(entry.dataset.begin) % DAY : 0 };
  else drag = { kind: 'new', zone: column, from: Math.floor(minuteAt(column, event.clientY - 6) / QUARTER) * QUARTER };
  Object.assign(drag, { x: event.clientX, y: event.clientY, going: false });
}

document.addEventListener('pointerdown', (event) => {
  dragged = false;
  const entry = event.target.closest?.('.ev[data-move]');
  const empty = !event.target.closest?.('a, button') && event.target.closest?.('.cal-col') && page()?.dataset.newUrl;
  if (event.button || !(entry || empty)) return;
  if (event.pointerType !== 'touch') { start(event, entry); return; }
  hold = setTimeout(() => { start(event, entry); drag.going = true; navigator.vibrate?.(10); show(target(event)); }, 400);
});
document.addEventListener('pointermove', (event) => {
  if (!drag) { if (Math.abs(event.movementX) + Math.abs(event.movementY) > 6) clearTimeout(hold); return; }
  drag.going ||= Math.abs(event.clientX - drag.x) + Math.abs(event.clientY - drag.y) > 4;
  if (drag.going) show(target(event));
});
document.addEventListener('pointerup', (event) => {
  clearTimeout(hold);
  if (!drag) return;
  const to = drag.going || drag.kind === 'new' ? target(event) : null;
  dragged = drag.going;
  if (to) drop(to); else clear();
  drag = null;
});
const stop = () => { clearTimeout(hold); if (drag) clear(); drag = null; };
document.addEventListener('pointercancel', stop);
document.addEventListener('touchmove', (event) => { if (drag) event.preventDefault(); }, { passive: false });
document.addEventListener('dragstart', (event) => { if (event.target.closest?.('.ev')) event.preventDefault(); });
// Letting go of what was dragged is no click on it.
document.addEventListener('click', (event) => {
  if (dragged && event.target.closest?.('[data-calendar]')) { event.preventDefault(); event.stopImmediatePropagation(); }
  dragged = false;
}, true);

const STEPS = { ArrowUp: -QUARTER, ArrowDown: QUARTER, ArrowLeft: -DAY, ArrowRight: DAY };
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && drag) { stop(); return; }
  const entry = event.altKey && event.target.closest?.('.ev[data-move][data-begin]:not([data-begin=""])');
  const step = entry && STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const { begin, end } = entry.dataset;
  const whole = 'whole' in entry.dataset;
  if (whole && Math.abs(step) < DAY) return;
  const later = (moment) => (moment ? text(stamp(moment) + step) : '');
  if (event.shiftKey) move(entry, begin, text(Math.max(stamp(end || begin) + step, stamp(begin) + QUARTER)), whole);
  else move(entry, later(begin), later(end), whole);
});

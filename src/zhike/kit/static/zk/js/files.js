// `data-drop` around an `input[type=file]`: files may be dropped or pasted there; their names and sizes are shown in
// `[data-names]`. With `data-drop="send"` the form is sent at once. `data-limit` is the largest size in bytes.
import { $, $$ } from './page.js';

const size = (bytes) => (bytes < 1048576 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);

function show(area) {
  const input = $('input[type=file]', area);
  const names = $('[data-names]', area);
  if (!names) return;
  names.replaceChildren(...[...input.files].map((file) => {
    const line = document.createElement('li');
    line.textContent = `${file.name} · ${size(file.size)}`;
    line.classList.toggle('bad', Number(area.dataset.limit) > 0 && file.size > Number(area.dataset.limit));
    return line;
  }));
}

function take(area, files) {
  const input = $('input[type=file]', area);
  if (!input || input.disabled || !files.length) return;
  const taken = new DataTransfer();
  [...files].slice(0, input.multiple ? undefined : 1).forEach((f) => taken.items.add(f));
  input.files = taken.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

const area = (event) => event.target.closest?.('[data-drop]');

document.addEventListener('dragover', (event) => {
  const place = area(event);
  if (!place || !event.dataTransfer.types.includes('Files')) return;
  event.preventDefault();
  place.classList.add('over');
});
document.addEventListener('dragleave', (event) => {
  const place = area(event);
  if (place && !place.contains(event.relatedTarget)) place.classList.remove('over');
});
document.addEventListener('drop', (event) => {
  const place = area(event);
  if (!place || !event.dataTransfer.files.length) return;
  event.preventDefault();
  place.classList.remove('over');
  take(place, event.dataTransfer.files);
});
document.addEventListener('paste', (event) => {
  const place = area(event) || (event.clipboardData?.files.length && $$('[data-drop]').at(0));
  if (place && event.clipboardData?.files.length) take(place, event.clipboardData.files);
});
document.addEventListener('change', (event) => {
  const place = event.target.matches?.('input[type=file]') && area(event);
  if (!place) return;
  show(place);
  if (place.dataset.drop === 'send' && event.target.files.length) event.target.form?.requestSubmit();
});

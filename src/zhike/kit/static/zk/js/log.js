// The quick log (`form[data-log]`): `[data-for-kind]` shows with its kind, `[data-fill]` puts a value into a field,
// `[data-where]` asks the device where it is, pictures are made smaller before they are sent.
import { $, $$, whenever, word } from './page.js';
import { toast } from './toasts.js';

const LONGEST = 1600;
const taken = new WeakMap();  // a camera gives one photo at a time: they add up

function match(form) {
  const kind = $('[name=kind]:checked', form)?.value;
  $$('[data-for-kind]', form).forEach((part) => { part.hidden = part.dataset.forKind !== kind; });
}
whenever('form[data-log]', match);

document.addEventListener('change', ({ target }) => {
  const form = target.closest?.('form[data-log]');
  if (!form) return;
  if (target.name === 'kind') match(form);
  if (target.type === 'file') shrink(target);
});
document.addEventListener('reset', ({ target }) => {  // photos belong to what was kept or sent, not to what comes next
  if (!target.matches('form[data-log]')) return;
  $$('input[type=file]', target).forEach((input) => taken.delete(input));
  $$('[data-names]', target).forEach((names) => { names.textContent = ''; });
});

document.addEventListener('click', ({ target }) => {
  const button = target.closest?.('[data-fill]');
  if (button) {
    const field = $(`[name=${button.dataset.fill}]`, button.form ?? button.closest('form'));
    if (field) { field.value = button.value; field.dispatchEvent(new Event('input', { bubbles: true })); }
    $$(`[data-fill=${button.dataset.fill}]`, button.closest('form')).forEach((b) => b.setAttribute('aria-pressed', b === button));
  }
  const where = target.closest?.('[data-where]');
  if (where) locate(where);
});

function locate(button) {
  if (!navigator.geolocation) return;
  button.setAttribute('aria-busy', 'true');
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    const place = [coords.latitude.toFixed(5), coords.longitude.toFixed(5), Math.round(coords.accuracy)].join(',');
    $('[name=position]', button.form).value = place;
    button.removeAttribute('aria-busy');
    button.setAttribute('aria-pressed', 'true');
  }, () => {
    button.removeAttribute('aria-busy');
    toast(word('nowhere'), { tone: 'bad' });
  }, { timeout: 8000, maximumAge: 60000 });
}

/** Photos of a phone have some megabytes and tell where they were taken: drawn anew they have neither. */
async function shrink(input) {
  const files = [...(input.hasAttribute('capture') ? taken.get(input) ?? [] : []), ...await Promise.all([...input.files].map(smaller))];
  const kept = new DataTransfer();
  files.forEach((file) => kept.items.add(file));
  input.files = kept.files;
  taken.set(input, files);
  const all = $$('input[type=file]', input.form).flatMap((one) => [...one.files]);
  const names = $('[data-names]', input.form);
  if (names) names.textContent = all.map((file) => file.name).join(word('comma'));
}

async function smaller(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < 300000) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const ratio = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * ratio);
    canvas.height = Math.round(picture.height * ratio);
    canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => { canvas.toBlob(done, 'image/jpeg', 0.82); });
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, '.jpg'), { type: 'image/jpeg' }) : file;
  } catch { return file; }
}

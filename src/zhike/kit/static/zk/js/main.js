// Everything a page may need at once; what only some pages have is loaded when its attribute appears.
import './display.js';
import './toasts.js';
import './dialogs.js';
import './focus.js';
import './menus.js';
import './palette.js';
import './keys.js';
import './rows.js';
import './person.js';
import './forms.js';
import './resume.js';
import './live.js';
import './install.js';
import { whenever } from './page.js';

whenever('[data-kanban]', () => import('./kanban.js'));
whenever('[data-drop]', () => import('./files.js'));
whenever('[data-edit-url]', () => import('./inline.js'));
whenever('[data-pick-url]', () => import('./pick.js'));
whenever('[data-sort]', () => import('./sortable.js'));
whenever('[data-timer]', () => import('./timer.js'));
whenever('[data-calendar]', () => import('./calendar.js'));
whenever('[data-now], [data-when]', () => import('./calendar-time.js'));
whenever('form[data-log]', () => import('./log.js'));
whenever('form[data-outbox], [data-waiting]', () => import('./outbox.js'));
whenever('textarea[data-mention]', () => import('./mention.js'));
whenever('[data-copy]', () => import('./copy.js'));
whenever('[data-frame]', () => import('./letters.js'));

import type { Setting, SettingsSchema } from '@gaia/settings';
import { settings as suiteSettings } from './config.ts';
import { serviceNames } from './environments.ts';
import { serviceSettings } from './services.ts';

interface Row {
  readonly name: string;
  readonly users: string[];
  readonly defaults: Map<string, string>;
  readonly setting: Setting<unknown>;
}

/**
 * The table of all settings as Markdown, one row a variable. A default that differs by service is shown for each.
 */
export function settingsTable(): string {
  const rows = new Map<string, Row>();
  const add = (user: string, schema: SettingsSchema) => {
    for (const [name, setting] of Object.entries(schema)) {
      const row: Row = rows.get(name) ?? { name, users: [], defaults: new Map(), setting };
      row.users.push(user);
      row.defaults.set(user, defaultOf(setting));
      rows.set(name, row);
    }
  };
  add('npm start', suiteSettings);
  for (const service of serviceNames) add(service, serviceSettings[service]);
  const lines = [...rows.values()]
    .sort((a, b) => a.name.localeCompare(b.name, 'en'))
    .map(
      (row) =>
        `| \`${row.name}\` | ${cell(row.setting.doc)} | ${cell(row.setting.kind)} | ${defaultsOf(row)} | ${row.users.join(', ')} |`,
    );
  return ['| variable | what it does | takes | default | read by |', '|---|---|---|---|---|', ...lines, ''].join('\n');
}

function defaultsOf(row: Row): string {
  const distinct = new Set(row.defaults.values());
  if (distinct.size === 1) return [...distinct].join('');
  return [...row.defaults].map(([user, value]) => `${user}: ${value}`).join('<br>');
}

function defaultOf(setting: Setting<unknown>): string {
  if (setting.fallbackDoc !== undefined) return cell(setting.fallbackDoc);
  if (setting.required) return '**must be set**';
  if (setting.fallback === undefined) return '–';
  if (typeof setting.fallback === 'boolean') return setting.fallback ? '`on`' : '`off`';
  const value = Array.isArray(setting.fallback) ? setting.fallback.join(',') : String(setting.fallback);
  return value === '' ? '–' : `\`${cell(value)}\``;
}

function cell(value: string): string {
  return value.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

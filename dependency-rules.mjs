// Checks the dependency rules of .dependency-cruiser.json, and that there was something to check: with a parser that
// cannot read TypeScript the tool passes having seen nothing.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { cruise } from 'dependency-cruiser';

const { forbidden, options } = JSON.parse(readFileSync(new URL('.dependency-cruiser.json', import.meta.url), 'utf8'));
const { output } = await cruise(['services', 'packages', 'suite'], {
  ...options,
  ruleSet: { forbidden },
  validate: true,
});
const { violations, totalCruised, totalDependenciesCruised } = output.summary;
for (const violation of violations) console.error(`${violation.rule.name}: ${violation.from} -> ${violation.to}`);
console.log(`${totalCruised} modules, ${totalDependenciesCruised} dependencies, ${violations.length} violations`);
if (violations.length > 0 || totalCruised < 100 || totalDependenciesCruised < 100) process.exit(1);

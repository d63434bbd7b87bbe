const WIDTH = 100;

/** Text in lines of at most 100 characters where words allow; the first starts with `lead`, the others below its end. */
export function wrapped(text: string, lead = ''): string {
  const indent = ' '.repeat(lead.length);
  const lines: string[] = [];
  let line = lead;
  for (const word of text.split(' ')) {
    const isStart = line.length === indent.length;
    if (!isStart && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else line += isStart ? word : ` ${word}`;
  }
  return [...lines, line].map((one) => `${one}\n`).join('');
}

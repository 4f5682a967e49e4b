/** Ink screens: toned lines in colour. Pure functions of their properties. */
import { Box, Text, type TextProps } from 'ink';
import { type Line, type Tone } from '../results/lines.js';
import { reportLines } from '../results/report-lines.js';
import type { RunFile } from '../results/run-file.js';
import { liveLines, type Size } from './live-lines.js';
import type { LiveState } from './live-state.js';

const STYLES: Record<Tone, TextProps> = {
  good: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red' },
  dim: { dimColor: true },
  strong: { bold: true },
  bar: { color: 'cyan' },
};

/** Lines as they are: never wrapped, cut at the edge of the terminal. */
function Lines({ lines, color }: { lines: readonly Line[]; color: boolean }) {
  return (
    <Box flexDirection="column">
      {lines.map((segments, row) => (
        // A blank keeps the height of an empty line. Rows and segments have no identity beyond their place.
        <Text key={row} wrap="truncate-end">
          {segments.length === 0
            ? ' '
            : segments.map(({ text, tone }, i) => (
                <Text key={i} {...(tone && color ? STYLES[tone] : {})}>
                  {text}
                </Text>
              ))}
        </Text>
      ))}
    </Box>
  );
}

interface LiveScreenProps extends Size {
  state: LiveState;
  color: boolean;
}

/** What is going on, while a run goes on. */
export function LiveScreen({ state, columns, rows, color }: LiveScreenProps) {
  return <Lines lines={liveLines(state, { columns, rows })} color={color} />;
}

interface LinesScreenProps {
  lines: readonly Line[];
  color: boolean;
}

/** Whatever lines there are. */
export function LinesScreen({ lines, color }: LinesScreenProps) {
  return <Lines lines={lines} color={color} />;
}

interface ReportScreenProps {
  run: RunFile;
  columns: number;
  color: boolean;
}

/** The report of a run. */
export function ReportScreen({ run, columns, color }: ReportScreenProps) {
  return <Lines lines={reportLines(run, columns)} color={color} />;
}

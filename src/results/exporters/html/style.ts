/** The look of the HTML report: dark or light as the reader's system is, and fit for printing. */
export const HTML_STYLE = `
:root { color-scheme: light dark; --page: #fff; --text: #1b1f24; --dim: #5c6672; --line: #d9dee4; --panel: #f5f7f9;
  --good: #11783c; --warn: #9a5b00; --bad: #b42318;
  --s0: #2563eb; --s1: #d97706; --s2: #0d9488; --s3: #c026d3; --s4: #65a30d; --s5: #dc2626; --s6: #7c3aed; --s7: #64748b; --shade: #0000000d; }
@media (prefers-color-scheme: dark) { :root { --page: #12161b; --text: #e6eaee; --dim: #98a3b0; --line: #303843;
  --panel: #1a2027; --good: #4ade80; --warn: #fbbf24; --bad: #f87171;
  --s0: #60a5fa; --s1: #fbbf24; --s2: #2dd4bf; --s3: #e879f9; --s4: #a3e635; --s5: #f87171; --s6: #a78bfa; --s7: #94a3b8; --shade: #ffffff12; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1240px; background: var(--page); color: var(--text);
  font: 14px/1.5 system-ui, sans-serif; }
h1 { font-size: 22px; margin: 0; } h2 { font-size: 17px; margin: 32px 0 8px; } h3 { font-size: 14px; margin: 20px 0 4px; }
.dim { color: var(--dim); } .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; } dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
.verdict { padding: 10px 14px; background: var(--panel); border-left: 4px solid currentColor; }
.verdict ul { margin: 6px 0 0; padding-left: 20px; color: var(--text); } .verdict strong { font-size: 16px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--dim); font-weight: 500; } .left { text-align: left; } .wide { display: inline-block; white-space: normal; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 16px; }
figure { margin: 0; padding: 10px; background: var(--panel); } figcaption { color: var(--dim); margin-bottom: 4px; }
.u-legend { color: var(--dim); font-size: 12px; } .u-legend .u-value { color: var(--text); }
.u-legend tr.u-series { border: 0; } .u-legend th, .u-legend td { border: 0; padding: 0 4px; text-align: left; }
.u-legend table, table.u-legend { width: auto; } .u-select { background: var(--shade); }
.uplot, .uplot *, .uplot *::before, .uplot *::after { box-sizing: border-box; } .u-wrap { overflow: hidden; }
@media print { figure { break-inside: avoid; } }
`.trim();

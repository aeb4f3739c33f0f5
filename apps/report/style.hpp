// The look of the report: one column of text, wide figures, figures and numbers in a sans serif, light and dark.
#pragma once

namespace locum::apps {

inline constexpr const char* report_style = R"css(
:root { --paper: #fdfdfb; --text: #1e2126; --soft: #5c626b; --rule: #dcdee2; --card: #f4f4f1; --warn: #8a3b00;
  --ink: #3b3f45; --faint: #e2e4e7; --solver: #d55e00; --surrogate: #0072b2; --audit: #009e73;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Source Serif 4", "Palatino Linotype", Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181b; --text: #e4e5e7; --soft: #9ba1a9; --rule: #34383d; --card: #1e2124; --warn: #ffb27d;
    --ink: #b9bec5; --faint: #2b2f34; --solver: #f08a3c; --surrogate: #58b0ea; --audit: #35c79b; } }
* { box-sizing: border-box; }
html { color-scheme: light dark; }
body { margin: 0; background: var(--paper); color: var(--text); font: 1.0625rem/1.6 var(--serif);
  -webkit-text-size-adjust: 100%; }
main { max-width: 62rem; margin: 0 auto; padding: 3.5rem 1.5rem 4rem; }
header p.mark { font: 600 0.78rem/1 var(--sans); letter-spacing: 0.14em; text-transform: uppercase; color: var(--soft);
  margin: 0 0 1.1rem; }
h1 { font-size: 2.3rem; line-height: 1.15; font-weight: 600; letter-spacing: -0.01em; margin: 0 0 1rem; }
h2 { font-size: 1.4rem; line-height: 1.25; font-weight: 600; margin: 3.4rem 0 0.5rem; }
h3 { font: 600 0.95rem/1.4 var(--sans); margin: 0 0 0.5rem; }
p { margin: 0 0 1rem; max-width: 44rem; }
p.lead { font-size: 1.2rem; line-height: 1.5; }
p.note { border-left: 3px solid var(--warn); padding-left: 0.9rem; color: var(--warn); }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 1px; margin: 2rem 0 0;
  background: var(--rule); border: 1px solid var(--rule); }
.numbers div { background: var(--paper); padding: 1rem 1.1rem 0.95rem; }
.numbers b { display: block; font: 600 1.75rem/1.2 var(--sans); letter-spacing: -0.01em; font-variant-numeric: tabular-nums; }
.numbers span { display: block; font: 0.84rem/1.4 var(--sans); color: var(--soft); }
.numbers span.name { color: var(--text); font-weight: 600; margin-bottom: 0.3rem; }
figure { margin: 1.2rem 0 0; }
figure svg { display: block; width: 100%; height: auto; font-family: var(--sans); color: var(--ink); }
figcaption { font: 0.86rem/1.5 var(--sans); color: var(--soft); margin-top: 0.5rem; max-width: 46rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 0.4rem 2.4rem; align-items: start; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font: 0.9rem/1.45 var(--sans); margin: 1rem 0 0.4rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.36rem 1.5rem 0.36rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; color: var(--soft); }
td.n, th.n { text-align: right; white-space: nowrap; }
td:first-child { white-space: nowrap; } .pair td:first-child { white-space: normal; }
.pair th, .pair td { padding-right: 0.9rem; }
td small { color: var(--soft); font-size: 0.84rem; }
tr:last-child td { border-bottom: 0; }
.bar { display: inline-block; height: 0.62rem; background: var(--ink); opacity: 0.75; vertical-align: baseline; min-width: 1px; }
.bar.solver { background: var(--solver); opacity: 1; } .bar.surrogate { background: var(--surrogate); opacity: 1; }
td.bars { width: 16rem; padding-right: 0; }
.formula { font: 0.9rem/1.5 var(--sans); color: var(--soft); }
.formula var { font-style: italic; font-family: var(--serif); font-size: 1.03rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1.4rem; font: 0.86rem/1.5 var(--sans); margin: 1rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 4rem; padding-top: 1.2rem; border-top: 1px solid var(--rule); }
@media print { :root { --paper: #fff; } main { max-width: none; padding: 0; } h2, figure, tr { break-inside: avoid; }
  h2 { break-after: avoid; } body { font-size: 10.5pt; } }
)css";

}  // namespace locum::apps

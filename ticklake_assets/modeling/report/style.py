"""The look of the report: one style sheet, light or dark as the reader's system is, light on paper."""

STYLE = """
:root{color-scheme:light dark;--ink:#1f2933;--faint:#5f6c7a;--rule:#e1e6eb;--paper:#fff;--band:#eef3f8;
--line:#2f6f9f;--gain:#3f8f6b;--loss:#b5533c;--doubt:#8a7a3d}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--faint:#98a4b0;--rule:#2b343e;--paper:#12171c;
--band:#1a232d;--line:#6caedd;--gain:#5cb88c;--loss:#e08468;--doubt:#c9b568}}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink);background:var(--paper);margin:0}
main{max-width:1120px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:26px;font-weight:600;margin:0}h2{font-size:18px;font-weight:600;margin:40px 0 8px}
h3{font-size:13.5px;font-weight:600;margin:0 0 4px}
p,li{max-width:72ch}.quiet,figcaption,dt{color:var(--faint);font-size:13px}
.verdict{display:inline-block;margin-left:12px;padding:2px 12px;border-radius:12px;font-size:15px;
color:var(--paper);vertical-align:4px}
.passed{background:var(--gain)}.rejected{background:var(--loss)}.insufficient_evidence{background:var(--doubt)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px 24px;margin:20px 0}
dd{margin:0;font-size:21px;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:left;border-bottom:1px solid var(--faint);padding:5px 10px 5px 0;vertical-align:bottom}
td{border-bottom:1px solid var(--rule);padding:5px 10px 5px 0;vertical-align:top}
.n{text-align:right}td.n,.d{white-space:nowrap}.yes{color:var(--gain)}.no{color:var(--loss);font-weight:600}
.wide{overflow-x:auto}summary{cursor:pointer;color:var(--line)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(380px,1fr));gap:20px 28px}
svg{width:100%;height:auto;display:block;font:11px system-ui,sans-serif}
figure{margin:0 0 18px}figcaption{max-width:76ch}
@media screen and (max-width:640px){main{padding:20px 14px 40px}dl{grid-template-columns:1fr 1fr}
.pair{grid-template-columns:1fr}figure{overflow-x:auto}figure svg{min-width:560px}.pair svg{min-width:0}
.wide table{min-width:760px}}
@media print{main{padding:0}h2{break-after:avoid}tr,figure{break-inside:avoid}}
"""

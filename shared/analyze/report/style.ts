/**
 * All style of the page. System fonts, two schemes, paper. The two ends have a colour each that red-green blind people tell apart, and
 * every state has a sign beside its colour. Its hash stands in the page's policy: no other style, no script, no request.
 */
export const style = `
:root{color-scheme:light dark;--bg:#f8f8f5;--fg:#1b2026;--mute:#57606a;--line:#d9dcdf;--card:#fff;--ink:#f1f3f4;--l0:#0a5a9c;--l1:#8d4a06;--l0w:#d6e6f4;--l1w:#f3e2cd;--bad:#b01f18;--good:#17683a;--warn:#775000;--badw:#fbe9e7;--do:#eef5ee;--hit:#fff0b8;--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{--bg:#13161a;--fg:#e6e8ea;--mute:#a4adb6;--line:#30363d;--card:#1b2026;--ink:#242a31;--l0:#7fc0f4;--l1:#f1b072;--l0w:#1f3a50;--l1w:#4a351f;--bad:#ff958b;--good:#7fd6a0;--warn:#e6c274;--badw:#3a2322;--do:#1a2a20;--hit:#544616}}
*{box-sizing:border-box}
html{scroll-behavior:auto;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--fg);font:15.5px/1.48 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:1120px;margin:0 auto;padding:18px 20px 40px}
a{color:var(--l0)}a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--l0);outline-offset:2px}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--card);padding:6px 10px;z-index:2}
code,.mono{font-family:var(--mono);font-size:.9em}
.m{color:var(--mute)}.bad{color:var(--bad)}.good{color:var(--good)}.warn{color:var(--warn)}
.top{color:var(--mute);font-size:.84rem;display:flex;gap:2px 16px;flex-wrap:wrap}.top b{color:var(--fg);font-weight:500}
.verdict{margin:10px 0 14px}
.chips{display:flex;flex-wrap:wrap;gap:6px 8px;margin:0 0 9px}
.chip{border:1.5px solid currentColor;border-radius:99px;padding:0 .65em;font-size:.8rem;font-weight:600;line-height:1.55}
.chip.certain{background:var(--fg);color:var(--bg);border-color:var(--fg)}.chip.cause{color:var(--mute);border-color:var(--line);color:var(--fg)}.chip.persistent{color:var(--bad)}.chip.transient{color:var(--good)}.chip.unknown,.chip.unsure{color:var(--warn)}
h1{font-size:1.72rem;line-height:1.2;margin:0 0 .25em;font-weight:680;letter-spacing:-.012em;max-width:35em;text-wrap:pretty}h1.long{font-size:1.38rem;max-width:46em}h1 code{font-size:.92em;font-weight:600}
.lead{color:var(--mute);max-width:66em;margin:0}
h2{font-size:1.04rem;margin:0 0 8px}h3{font-size:.95rem;margin:14px 0 6px}
.cite{font-size:.8em;white-space:nowrap}
.ends{display:grid;grid-template-columns:minmax(0,1fr) 132px minmax(0,1fr);align-items:stretch}
.card{background:var(--card);border:1px solid var(--line);border-top:4px solid var(--l0);border-radius:8px;padding:9px 14px 11px}.card.l1{border-top-color:var(--l1)}
.card h2{margin:0 0 4px;color:var(--l0)}.card.l1 h2{color:var(--l1)}.card h2 .m{font-weight:400;font-size:.84rem}
dl{margin:0}.card dl>div{display:grid;grid-template-columns:8.2em minmax(0,1fr);gap:0 10px;padding:1.5px 0;font-size:.9rem}dt{color:var(--mute)}dd{margin:0}
.link{display:flex;flex-direction:column;justify-content:center;text-align:center;font-size:.78rem;line-height:1.3;padding:0 8px}.link p{margin:0}.link code{font-size:.82rem;font-weight:600;white-space:nowrap}
.shaft{position:relative;height:22px;margin:2px 0!important}.shaft::before{content:"";position:absolute;left:0;right:0;top:10px;border-top:3px dashed var(--mute)}
.shaft span{position:absolute;top:4px;width:0;height:0;border:7px solid transparent}
.up .shaft span{left:-5px;border-right:11px solid var(--mute);border-left:0}.down .shaft span{right:-5px;border-left:11px solid var(--mute);border-right:0}
.broken code{color:var(--bad)}.broken .shaft::before{border-top-color:var(--bad)}.broken .shaft span{border:0;width:auto;height:auto;top:-1px;color:var(--bad);font:700 18px/1.3 var(--mono);background:var(--bg)}.broken .shaft span::before{content:"\\2715"}.broken.up .shaft span{left:-4px;padding-right:3px}.broken.down .shaft span{right:-4px;padding-left:3px}
.broken.up .shaft::after,.broken.down .shaft::after{content:"";position:absolute;top:5px;border:6px solid transparent}.broken.up .shaft::after{left:20px;border-right:9px solid var(--bad);border-left:0}.broken.down .shaft::after{right:20px;border-left:9px solid var(--bad);border-right:0}
.todo{align-items:start;display:grid;grid-template-columns:minmax(0,1.12fr) minmax(0,1fr);gap:16px;margin-top:14px}
.do{background:var(--do);border:1px solid var(--line);border-left:4px solid var(--good);border-radius:8px;padding:10px 16px 12px}.change{padding:10px 0 0}
.do p,.change p{margin:0}ol,ul{margin:0;padding-left:1.35em}.do li,.change li{margin:.28em 0}.cmd{display:inline-block;background:var(--ink);border-radius:4px;padding:0 .4em;margin-right:.3em}.do .cmd{background:var(--card);border:1px solid var(--line)}.cmd code{user-select:all;font-weight:600}.cmd .m{font-family:var(--mono);font-size:.8em;user-select:none}
.facts{margin-top:8px;font-size:.9rem}.facts>div{padding:2px 0}.facts dt{display:inline;font-weight:600;color:var(--fg)}.facts dt::after{content:": "}.facts dd{display:inline}
main>section{margin-top:28px}main>.verdict{margin-top:8px}main>.ends,main>.todo{margin-top:0}main>.todo{margin-top:14px}
section p{margin:0 0 8px}.todo section p{margin:0}
.picture{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
svg{display:block;width:100%;height:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}svg text{fill:var(--fg)}svg .m{fill:var(--mute)}svg.down{display:none}
.lane-box{fill:var(--bg);stroke:var(--line)}.who{font-weight:650}svg .l0 .who,svg .who.l0{fill:var(--l0)}svg .l1 .who,svg .who.l1{fill:var(--l1)}
.grid path{stroke:var(--line);stroke-dasharray:2 4}.axis{stroke:var(--mute)}.break{stroke:var(--mute);stroke-width:2;stroke-dasharray:1 5;stroke-linecap:round}.ticks text{text-anchor:middle;fill:var(--mute);font-size:11.5px}.ticks .far{font-style:italic}
.bar rect{fill:var(--l0w);stroke:var(--l0);stroke-width:.8}.l1 .bar rect{fill:var(--l1w);stroke:var(--l1)}.bar text{font:11px var(--mono);paint-order:stroke;stroke:var(--l0w);stroke-width:3px;stroke-linejoin:round}.l1 .bar text{stroke:var(--l1w)}
.bar.odd rect{stroke:var(--bad);stroke-width:2}.bar.odd text{font-weight:700}.bar.absent rect{fill:none;stroke-dasharray:5 4}.bar.absent text{fill:var(--bad);stroke:var(--bg)}.bar .soft,.l1 .bar .soft{stroke:none;fill:url(#hatch-a);fill-opacity:.8}svg.down .bar .soft{fill:url(#hatch-d)}.open{fill:none;stroke:var(--fg);stroke-width:1.6}
.hatch{stroke:var(--fg);stroke-width:1.5;opacity:.55}.hatch-ground{fill:var(--card)}
.line{fill:none;stroke-width:1.7}.line.message{stroke:var(--bad)}.line.stop{stroke:var(--good)}.flag{font-weight:650}svg .flag.message{fill:var(--bad)}svg .flag.stop{fill:var(--good)}
.esp path{stroke:var(--bad);stroke-width:1.8;fill:none}svg .esp text{fill:var(--bad)}.signal path{stroke:var(--mute);stroke-width:1.5;fill:none}svg .signal text{fill:var(--mute)}svg .words{font-size:11.5px;paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}
.mark path,.mark rect,.mark circle{fill:var(--card);stroke:var(--l0);stroke-width:1.6}.l1 .mark path,.l1 .mark rect,.l1 .mark circle{stroke:var(--l1)}.mark text{text-anchor:middle;font-size:10px;font-weight:700}
.mark.message path{fill:var(--bad);stroke:var(--bad)}.mark.message text{fill:var(--card)}.mark.cause path{fill:var(--fg);stroke:var(--fg)}.mark.cause text{fill:var(--bg)}.mark.stop rect{fill:var(--good);stroke:var(--good)}.mark.stop text{fill:var(--card)}.mark.loose path,.mark.loose rect,.mark.loose circle{stroke-dasharray:3 2}.mark.loose.plain circle,.mark.loose.signal rect{fill:url(#hatch-a)}svg.down .mark.loose.plain circle,svg.down .mark.loose.signal rect{fill:url(#hatch-d)}.mark.loose text{fill:var(--fg);paint-order:stroke;stroke:var(--card);stroke-width:3px}
.whisker{stroke:var(--mute);stroke-width:1.5;fill:none}
abbr{text-decoration:none;white-space:nowrap}
.legend{display:flex;flex-wrap:wrap;gap:0 14px;font-size:.8rem;margin:8px 0 0}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.88rem}th,td{text-align:left;vertical-align:top;padding:5px 10px 5px 0;border-bottom:1px solid var(--line);font-weight:400}thead th{color:var(--mute)}td.l0{color:var(--l0)}td.l1{color:var(--l1)}.when{white-space:nowrap;font-variant-numeric:tabular-nums}
.sas tbody th{min-width:15em}.sas tr.odd>*{background:var(--badw)}.sas tr.odd th{box-shadow:inset 4px 0 0 var(--bad)}.sas th,.sas td{padding-left:10px}.tag{font-weight:600;font-size:.82rem}
.events th{color:var(--mute)}.events tbody th,.events td:nth-child(-n+3),.events td:last-child{width:1%;white-space:nowrap}.events td:last-child{padding-right:0}.events tr.message td,.events tr.cause td{font-weight:600}.events td:last-child{font-weight:400}
.reasons{padding-left:1.5em}.reasons li{margin:0 0 12px}.reasons p{margin:0 0 4px}
blockquote{margin:4px 0 6px;padding:3px 12px;border-left:3px solid var(--l0)}blockquote.l1{border-left-color:var(--l1)}blockquote pre{margin:0;font-size:.8rem;line-height:1.45}blockquote footer{font-size:.8rem}
p.also{font-size:.8rem;color:var(--mute)}
pre{font-family:var(--mono);white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
details{border-top:1px solid var(--line);padding:7px 0}summary{cursor:pointer}details[open]>summary{margin-bottom:6px}
.raw pre{font-size:.76rem;line-height:1.5;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:8px 10px;max-height:34em;overflow:auto}
mark{color:inherit;background:var(--hit);scroll-margin:40vh}mark::before{content:attr(data-n) " ";color:var(--mute);user-select:none}mark:target,mark:focus{outline:2px solid var(--bad)}
.cut{color:var(--mute);font-style:italic;font-size:.84rem;margin:6px 0}
.flowlist{font-size:.9rem;columns:19em;column-gap:24px}.flows{break-inside:avoid;margin-bottom:10px}.flows h3{margin-top:0}.flows h3 .m{font-weight:400}.flows h3{margin-bottom:2px}
h3.l0{color:var(--l0)}h3.l1{color:var(--l1)}
body>footer{max-width:1120px;margin:0 auto;padding:0 20px 40px;font-size:.8rem}
@media (max-width:860px){.todo{grid-template-columns:1fr}.ends{grid-template-columns:minmax(0,1fr) 96px minmax(0,1fr)}.card dl>div{grid-template-columns:1fr;padding:2px 0}}
@media (max-width:640px){body{font-size:15px;line-height:1.4}main{padding:10px 12px 30px}h1{font-size:1.24rem}h1.long{font-size:1.08rem}.lead{font-size:.88rem;line-height:1.35}.top{font-size:.76rem;gap:0 10px}.chip{font-size:.74rem}.verdict{margin:6px 0 8px}
.ends{grid-template-columns:1fr 1fr;gap:6px 8px}.link{grid-column:1/3;grid-row:2;display:block;text-align:left;padding:0}.link p{display:inline;margin-right:.4em!important}.link .shaft{display:none}.broken p:first-child::before{content:"\\2715 ";color:var(--bad);font-weight:700}
.card{padding:5px 8px 6px}.card h2{font-size:.92rem;margin:0}.card h2 .m{display:block;font-size:.74rem}.card dl>div{font-size:.8rem;line-height:1.28}.card dt{font-size:.7rem;line-height:1.2}.captured .m{display:none}
.do{padding:7px 10px 8px}.do h2{margin-bottom:3px}.do li{margin:.16em 0;font-size:.88rem;line-height:1.34}.todo{gap:6px;margin-top:8px!important}
svg.across{display:none}svg.down{display:block;font-size:12.5px}.picture{padding:6px 4px}.list-too{display:none}.sas tbody th{min-width:9em}.sas th,.sas td{padding:5px 6px}.events td:last-child{min-width:9em}}
@media print{:root{--bg:#fff;--fg:#000;--mute:#444;--line:#bbb;--card:#fff;--ink:#f2f2f2;--l0:#0a5a9c;--l1:#8d4a06;--l0w:#d6e6f4;--l1w:#f3e2cd;--bad:#b01f18;--good:#17683a;--warn:#775000;--badw:#fbe9e7;--do:#fff;--hit:#fff0b8;color-scheme:light}
body{font-size:10.5pt}main{padding:0;max-width:none}*{print-color-adjust:exact}.card,.do,.change,blockquote,tr,li,.picture{break-inside:avoid}h2,h3{break-after:avoid}.raw,.raws{display:none}.scroll{overflow:visible}.events th,.events td:nth-child(n),.when{white-space:normal}.events td:nth-child(2){width:15%}.events td:nth-child(3){width:12%}.events td:last-child{width:22%}table{font-size:.8rem}.only-print{display:block!important}details:not([open],.fold)::details-content{content-visibility:visible;block-size:auto}a{color:inherit;text-decoration:none}@page{margin:14mm}}
.only-print{display:none}
`;

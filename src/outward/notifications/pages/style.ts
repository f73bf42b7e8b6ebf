// How the local pages of mails look. One style for all of them; its hash is in their policy.

export const pageStyle = `
:root{color-scheme:light dark;--page:#f2f4f7;--card:#fff;--ink:#16191d;--dim:#58616c;--line:#e1e5ea;--mark:#1f4fd8;--chosen:#e8eefc;--strip:#fff1d6;--strip-ink:#6b4300}
@media (prefers-color-scheme:dark){:root{--page:#14161a;--card:#1e2126;--ink:#f1f3f5;--dim:#aab2bd;--line:#343941;--mark:#8fb4ff;--chosen:#27324a;--strip:#4a3410;--strip-ink:#ffdf9e}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:400 16px/1.5 -apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
a{color:inherit}
a:focus-visible{outline:3px solid var(--mark);outline-offset:2px;border-radius:6px}
header{display:flex;flex-wrap:wrap;gap:4px 16px;align-items:baseline;padding:16px 20px;background:var(--card);border-bottom:1px solid var(--line)}
header h1{margin:0;font-size:18px}
header p{margin:0;color:var(--dim);font-size:14px}
header nav{margin-inline-start:auto;font-size:14px}
.panes{display:grid;grid-template-columns:1fr;min-height:calc(100vh - 62px)}
.list{margin:0;padding:0;list-style:none;background:var(--card)}
.list a{display:block;padding:14px 20px;border-bottom:1px solid var(--line);text-decoration:none;min-height:44px}
.list a:hover{background:var(--page)}
.list a[aria-current]{background:var(--chosen)}
.list strong{display:block;font-weight:600;overflow-wrap:anywhere}
.list span{color:var(--dim);font-size:14px;overflow-wrap:anywhere}
.list time{float:inline-end;color:var(--dim);font-size:13px;padding-inline-start:12px}
.shown{min-width:0;padding:20px}
.facts{margin:0 0 16px;display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;font-size:14px}
.facts dt{color:var(--dim)}
.facts dd{margin:0;overflow-wrap:anywhere}
.shown h2{margin:0 0 8px;font-size:20px;overflow-wrap:anywhere}
iframe{display:block;width:100%;height:760px;border:1px solid var(--line);border-radius:10px;background:#f2f4f7}
.back{display:inline-block;margin-bottom:12px;padding:6px 0;color:var(--mark)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:16px;border:1px solid var(--line);border-radius:10px;background:var(--card);font-size:13px}
summary{cursor:pointer;margin-top:16px;padding:6px 0;color:var(--dim)}
.empty{max-width:560px;margin:48px auto;padding:0 20px}
.tabs{display:flex;flex-wrap:wrap;gap:8px;padding:16px 20px 0}
.tabs a{padding:6px 14px;border:1px solid var(--line);border-radius:999px;background:var(--card);text-decoration:none;font-size:14px}
.tabs a[aria-current]{background:var(--mark);border-color:var(--mark);color:var(--card)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(340px,100%),1fr));gap:20px;padding:20px}
.grid h2{margin:0 0 8px;font-size:15px}
.home .shown{display:none}
.one .list{display:none}
@media (min-width:900px){
.panes{grid-template-columns:380px 1fr}
.list{border-inline-end:1px solid var(--line)}
.home .shown,.one .list{display:block}
.back{display:none}
}
`;

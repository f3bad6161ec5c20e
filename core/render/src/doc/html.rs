//! A page as HTML: its own style, light and dark; nothing that runs or loads. A link is followed by who clicks it.

use super::{Block, Line, Mark, Page, Span, Table, Tone, shown_address};
use refmark_types::text::escape_html;

const STYLE: &str = "<style>
.refmark{color-scheme:light dark;--ink:#1f2328;--dim:#59636e;--edge:#d1d9e0;--wash:#f6f8fa;--good:#1a7f37;--bad:#cf222e;--wait:#9a6700;color:var(--ink);font:14px/1.5 system-ui,sans-serif;max-width:72em}
@media(prefers-color-scheme:dark){.refmark{--ink:#e6edf3;--dim:#9198a1;--edge:#3d444d;--wash:#161b22;--good:#3fb950;--bad:#f85149;--wait:#d29922}}
.refmark h2{font-size:1.25em;margin:.6em 0}.refmark h3,.refmark h4{font-size:1em;margin:1em 0 .4em}
.refmark table{border-collapse:collapse;margin:.6em 0;display:block;overflow-x:auto}
.refmark th,.refmark td{border:1px solid var(--edge);padding:.25em .7em;text-align:left;vertical-align:top;overflow-wrap:break-word;max-width:32em}
.refmark th{background:var(--wash);font-weight:600}.refmark .r{text-align:right;font-variant-numeric:tabular-nums}
.refmark code{background:var(--wash);border-radius:4px;padding:.1em .3em;font:12px ui-monospace,monospace;overflow-wrap:break-word}
.refmark p{margin:.5em 0}.refmark small,.refmark .more{color:var(--dim)}.refmark details{margin:.6em 0}
.refmark .good{color:var(--good)}.refmark .bad{color:var(--bad)}.refmark .wait{color:var(--wait)}
</style>";

pub(super) fn fragment(page: &Page) -> String {
    format!("<div class=\"refmark\">{STYLE}\n{}</div>\n", blocks(&page.0))
}

pub(super) fn document(page: &Page, title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{}</title><style>body{{margin:1.5em;background:Canvas;color-scheme:light dark}}</style></head>\n<body>\n{}</body></html>\n",
        escape_html(title),
        fragment(page)
    )
}

fn blocks(blocks: &[Block]) -> String {
    blocks.iter().map(block).collect()
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(level, title) => format!("<h{0}>{1}</h{0}>\n", level + 1, line(title)),
        Block::Lines(lines) => format!("<p>{}</p>\n", lines.iter().map(line).collect::<Vec<_>>().join("<br>\n")),
        Block::Table(rows) => table(rows),
        Block::Folded(summary, inner) => {
            format!("<details><summary>{}</summary>\n{}</details>\n", line(summary), self::blocks(inner))
        }
        Block::Small(text) => format!("<p><small>{}</small></p>\n", line(text)),
        Block::Hidden(_) => String::new(),
    }
}

fn table(table: &Table) -> String {
    let class = |right: bool| if right { " class=\"r\"" } else { "" };
    let mut out = String::from("<table><thead><tr>");
    for (name, right) in &table.head {
        out.push_str(&format!("<th{}>{}</th>", class(*right), line(name)));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let right = table.head.get(at).is_some_and(|head| head.1);
            out.push_str(&format!("<td{}>{}</td>", class(right), line(cell)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table>\n");
    if let Some(more) = &table.more {
        out.push_str(&format!("<p class=\"more\">{}</p>\n", escape_html(more)));
    }
    out
}

fn line(line: &Line) -> String {
    let mut out = String::new();
    for span in &line.0 {
        match span {
            Span::Mark(mark) => out.push_str(match mark {
                Mark::Good => "<span class=\"good\" role=\"img\" aria-label=\"good\">✓</span>",
                Mark::Waits => "<span class=\"wait\" role=\"img\" aria-label=\"waits\">◔</span>",
                Mark::Bad => "<span class=\"bad\" role=\"img\" aria-label=\"bad\">✗</span>",
                Mark::Open => "<span class=\"wait\" role=\"img\" aria-label=\"open\">○</span>",
                Mark::Danger => "<span class=\"bad\" role=\"img\" aria-label=\"danger\">▲</span>",
                Mark::Caution => "<span class=\"wait\" role=\"img\" aria-label=\"caution\">△</span>",
                Mark::Waived => "<span class=\"wait\" role=\"img\" aria-label=\"waived\">◐</span>",
            }),
            Span::Link(to) => out.push_str(&format!(
                "<a href=\"{}\" rel=\"noopener noreferrer nofollow\">{}</a>",
                escape_html(to),
                escape_html(&shown_address(to))
            )),
            Span::Text(tone, text) => {
                let text = escape_html(text);
                out.push_str(&match tone {
                    Tone::Plain => text,
                    Tone::Code => format!("<code>{text}</code>"),
                    Tone::Strong => format!("<strong>{text}</strong>"),
                    Tone::Apart => format!("<em>{text}</em>"),
                });
            }
        }
    }
    out
}

use super::*;

const EVIL: &str = "x|y `z` @octocat <img src=q onerror=1>\u{202e}#1\u{1b}[31m</td>";

fn hostile() -> Page {
    let mut page = Page::default();
    page.push(Block::Hidden("refmark-review v1 change=--><script>".to_owned()));
    page.push(Block::Heading(1, Line::mark(Mark::Bad).say(" ").word(EVIL)));
    page.push(Block::Lines(vec![Line::of("a ").strong(EVIL).code(EVIL).apart(EVIL), Line::of("@").say("octocat")]));
    let mut table = Table::new(&["A", ">B"]);
    table.rows.push(vec![Line::of(EVIL), Line::default().code(EVIL)]);
    table.more = Some(EVIL.to_owned());
    page.push(Block::Folded(Line::of(EVIL), vec![Block::Table(table)]));
    page.push(Block::Small(Line::of(EVIL)));
    page
}

#[test]
fn hostile_words_stay_words_in_every_form() {
    let page = hostile();
    for text in [page.markdown(60_000), page.html_page(EVIL), page.terminal(false)] {
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'), "{text}");
    }
    let markdown = page.markdown(60_000);
    assert!(
        !markdown.contains("@octocat") && !markdown.contains("<img") && !markdown.contains("--><script"),
        "{markdown}"
    );
    let html = page.html();
    assert!(!html.contains("<img") && !html.contains("<script") && html.matches("</td>").count() == 2, "{html}");
    assert!(page.terminal(true).contains("\u{1b}[1m"));
}

#[test]
fn what_is_too_long_is_cut_by_whole_parts_and_says_so() {
    let mut page = Page::default();
    page.push(Block::Heading(1, Line::of("verdict")));
    for number in 0..50 {
        page.push(Block::Lines(vec![Line::of(format!("part {number} ").repeat(20))]));
    }
    page.push(Block::Small(Line::of("the end")));
    let text = page.markdown(2_000);
    assert!(text.chars().count() <= 2_000, "{}", text.len());
    assert!(
        text.contains("verdict") && text.contains("part 0") && text.contains("the end") && !text.contains("part 49")
    );
    assert!(text.contains("**Cut**: 38 of 52 parts"), "{text}");
    assert!(!page.markdown(60_000).contains("**Cut**"));
}

#[test]
fn empty_tables_and_lines_leave_no_gap() {
    let mut page = Page::default();
    page.push(Block::Table(Table::new(&["A"])));
    page.push(Block::Lines(vec![Line::default()]));
    assert_eq!((page.markdown(100), page.terminal(false)), (String::new(), String::new()));
}

#[test]
fn an_address_is_a_link_only_where_it_is_plain_and_of_the_web() {
    let page = |address: &str| {
        let mut page = Page::default();
        page.push(Block::Lines(vec![Line::of("run ").link(address)]));
        (page.markdown(9_000), page.html(), page.terminal(false))
    };
    let (markdown, html, text) = page("https://ci.example.com/runs/1?a=b&c=d#e");
    assert!(markdown.contains("](https://ci.example.com/runs/1?a=b&c=d#e)"), "{markdown}");
    assert!(html.contains("<a href=\"https://ci.example.com/runs/1?a=b&amp;c=d#e\" rel="), "{html}");
    assert_eq!(text, "run https://ci.example.com/runs/1?a=b&c=d#e\n");
    for wrong in [
        "javascript:alert(1)",
        "https://",
        "https://ci.example.com@evil.example/",
        "https://a.example/) [x](https://evil.example",
        "https://a.example/\"onclick=\"x",
        "https://a.example/<img>",
        "https://a.example/\u{202e}",
        "https://ä.example/",
        "ftp://a.example/",
        "data:text/html,x",
    ] {
        let (markdown, html, _) = page(wrong);
        assert!(!markdown.replace("\\]", "").contains("](") && !html.contains("<a "), "{wrong}: {markdown} {html}");
    }
}

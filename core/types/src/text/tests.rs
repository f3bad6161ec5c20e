use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::*;
use crate::digest::Digest;

/// The text of a Markdown source, and every element in it but its own paragraph.
fn rendered(markdown: &str) -> (String, Vec<String>) {
    let mut options = Options::all();
    // They change the letters of a text on purpose, which is no element.
    options.remove(Options::ENABLE_SMART_PUNCTUATION);
    let (mut text, mut elements) = (String::new(), Vec::new());
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(part) => text.push_str(&part),
            Event::Start(Tag::Paragraph) | Event::End(_) => {}
            other => elements.push(format!("{other:?}")),
        }
    }
    (text, elements)
}

/// The text of the second cell of a table's only row.
fn in_a_cell(cell: &str) -> (String, usize) {
    let source = format!("| a | b |\n|---|---|\n| x | {cell} |\n");
    let (mut cells, mut text) = (0, String::new());
    for event in Parser::new_ext(&source, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::TableCell) => {
                cells += 1;
                text.clear();
            }
            Event::Text(part) => text.push_str(&part),
            _ => {}
        }
    }
    (text, cells)
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[-+=#>*_`~|\\\\\\[\\](){}<>&!:.$^/@%'\" \n\t0-9a-z]{0,6}",
        prop::sample::select(vec![
            "@octocat",
            "#12",
            "GH-7",
            "https://x.example",
            "www.x.example",
            "a@b.example",
            ":tada:",
            "![x](y)",
            "<img src=x>",
            "<!--",
            "&amp;",
            "&#64;",
            "\u{202e}",
            "\u{200b}",
            "\u{1b}[31m",
            "\r\n",
            "    ",
            "1. ",
            "```",
            "[^1]",
            "| - |",
            "\\",
            "$x$",
            "[[w]]",
            "- [ ] t",
            "http\u{ad}s://",
            "ü",
            "🙂",
            "/approve",
            "~~",
            "__",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn markdown_of_any_text_is_that_text_and_no_element(text in hostile()) {
        let (read, elements) = rendered(&escape_markdown(&text));
        prop_assert_eq!(elements, Vec::<String>::new());
        prop_assert_eq!(read.replace('\u{200b}', ""), one_line(&text));
    }

    #[test]
    fn a_cell_stays_one_cell(text in hostile()) {
        let (read, cells) = in_a_cell(&escape_markdown(&text));
        prop_assert_eq!(cells, 4);
        prop_assert_eq!(read.replace('\u{200b}', ""), one_line(&text));
    }

    #[test]
    fn no_forge_finds_a_mention_a_reference_or_an_address(text in hostile()) {
        let (read, _) = rendered(&escape_markdown(&text));
        let read: Vec<char> = read.chars().collect();
        for pair in read.windows(2) {
            let (first, second) = (pair[0], pair[1]);
            let time = first == ':' && second.is_ascii_digit();
            let found = "@#:!".contains(first) && !time && (second.is_alphanumeric() || second == '/');
            prop_assert!(!found, "{first}{second}");
        }
        let read: String = read.into_iter().collect::<String>().to_lowercase();
        prop_assert!(!read.contains("www.") && !read.contains("://") && !read.contains(":100:"));
    }

    #[test]
    fn nothing_that_is_shown_moves_the_cursor_or_hides(text in any::<String>()) {
        prop_assert!(!terminal_safe(&text).chars().any(is_unseen));
        prop_assert!(!terminal_safe(&text).chars().any(char::is_control));
        let html = escape_html(&text);
        prop_assert!(!html.contains(['<', '>', '"', '\'']) && !html.chars().any(is_unseen));
        prop_assert!(!escape_markdown(&text).chars().any(is_unseen));
    }

    #[test]
    fn a_bound_holds(text in any::<String>(), chars in 0usize..40) {
        let cut = bounded(&text, chars);
        prop_assert!(cut.chars().count() <= chars);
        prop_assert_eq!(cut == text, text.chars().count() <= chars);
    }
}

#[test]
fn ordinary_names_stay_legible_in_the_source() {
    for text in ["latency_p95_ms", "model.safetensors", "0.912", "Apache-2.0", "a/b (c)", "naïve 🙂", "33 %"] {
        assert_eq!(escape_markdown(text), text);
    }
    assert_eq!(escape_markdown("@ada fixes #12"), "@&#8203;ada fixes #&#8203;12");
    assert_eq!(escape_markdown("/merge"), "\\/merge");
    assert_eq!(escape_markdown("1. x|y"), "1\\. x\\|y");
    assert_eq!(terminal_safe("a\u{1b}[2Jb\u{202e}"), "a\\u{1b}[2Jb\\u{202e}");
}

#[test]
fn quantities_read_well() {
    for (bytes, text) in [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_960, "1.0 MB"),
        (90_868_376, "90.9 MB"),
        (u64::MAX, "18446.7 PB"),
    ] {
        assert_eq!(size(bytes), text, "{bytes}");
    }
    for (seconds, text) in [(0, "0 seconds"), (1, "1 second"), (3_599, "59 minutes"), (86_399, "23 hours")] {
        assert_eq!(duration(seconds), text);
    }
    assert_eq!(duration(41 * 86_400 + 5), "41 days");
    assert_eq!(duration(i64::MIN), "106751991167300 days");
    assert_eq!(signed(0.912 - 0.893), "+0.019");
    assert_eq!((signed(-3.0), signed(0.0)), ("−3".to_owned(), "±0".to_owned()));
    assert_eq!(percent((46.2 - 31.7) / 31.7 * 100.0), "+45.7 %");
    assert_eq!(short(&Digest::of(b"abc")), "ba7816bf…");
    assert_eq!((counted(1, "file"), counted(2, "file")), ("1 file".to_owned(), "2 files".to_owned()));
}

//! Answers as pages, for terminals, as Markdown and as HTML. Pure: no file, no network, no clock, no environment.
//!
//! [`doc`] is one page model: headings, lines, tables, folded parts. A page's words are raw, also those from manifests; only
//! the three renderers escape, so that none can be forgotten. The other modules turn an answer of `refmark-query` into a
//! page: [`review`], [`check`], [`explain`], [`diff`], [`report`], and [`table`] draws each table of gates and signers once.
//!
//! # Examples
//!
//! ```
//! use refmark_render::doc::{Block, Line, Mark, Page, Table};
//!
//! let mut table = Table::new(&["Gate", ""]);
//! table.rows.push(vec![Line::default().code("metric f1"), Line::mark(Mark::Good)]);
//! let mut page = Page::default();
//! page.push(Block::Heading(1, Line::of("sentiment: champion 3 → 4")));
//! page.push(Block::Table(table));
//!
//! assert!(page.terminal(false).contains("metric f1"));
//! assert!(page.markdown(60_000).contains("`metric f1`"));
//! assert!(page.html().contains("<code>metric f1</code>"));
//! ```

#![forbid(unsafe_code)]

pub mod check;
pub mod diff;
pub mod doc;
pub mod explain;
pub mod report;
pub mod review;
pub mod table;

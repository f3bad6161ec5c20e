//! The list of models, in columns.

use serde_json::Value;

use super::safe;

/// All models as a table.
pub fn models(models: &[Value]) -> String {
    if models.is_empty() {
        return "No models in registry.\n".to_owned();
    }
    let mut rows = vec![["NAME", "FORMAT", "STATE", "SIZE", "SHA256", "PROMOTED"].map(str::to_owned)];
    for model in models {
        let text = |field: &str| safe(model[field].as_str().unwrap_or_default());
        let digest = text("sha256").chars().take(12).collect();
        let size = size(model["size_bytes"].as_u64().unwrap_or_default());
        rows.push([text("name"), text("format"), text("state"), size, digest, text("promoted_at")]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut out = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            out.push_str(cell);
            out.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count()));
        }
        out.push_str(&row[5]);
        out.push('\n');
    }
    out
}

/// A size in units of 1024, with one decimal.
fn size(bytes: u64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];
    let mut number = bytes as f64;
    let mut unit = 0;
    while number >= 1024.0 && unit + 1 < units.len() {
        number /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        unit => format!("{number:.1} {}", units[unit]),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_have_one_decimal_and_columns_are_two_spaces_apart() {
        assert_eq!([1023, 2400, 5 << 30].map(super::size), ["1023 B", "2.3 KB", "5.0 GB"]);
        let model = serde_json::json!({"name": "a\u{1b}[1m", "format": "gguf", "state": "trusted", "size_bytes": 1,
            "sha256": "0123456789abcdef", "promoted_at": "now"});
        let text = super::models(&[model]);
        assert_eq!(text.lines().next(), Some("NAME        FORMAT  STATE    SIZE  SHA256        PROMOTED"));
        assert_eq!(text.lines().nth(1), Some("a\\u{1b}[1m  gguf    trusted  1 B   0123456789ab  now"));
    }
}

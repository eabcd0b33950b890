//! The link as a QR code.

use std::fmt::{self, Write};

use fast_qr::ECL;
use fast_qr::qr::QRBuilder;

/// The white border that readers need (ISO/IEC 18004).
const BORDER: usize = 4;

/// A link that is too long for a QR code: over 2,331 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkTooLong;

impl fmt::Display for LinkTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the link is too long for a QR code")
    }
}

impl std::error::Error for LinkTooLong {}

/// The link as a QR code: an SVG element to put into a page, black on white, as large as its box.
///
/// It can be read with 15 percent of it hidden. `label` is read out by a screen reader: say where the
/// link leads.
///
/// # Errors
///
/// The link is longer than a QR code holds.
pub fn qr_svg(link: &str, label: &str) -> Result<String, LinkTooLong> {
    let code = QRBuilder::new(link).ecl(ECL::M).build();
    let code = code.map_err(|_| LinkTooLong)?;
    let side = code.size + 2 * BORDER;
    let mut path = String::new();
    for row in 0..code.size {
        let mut column = 0;
        while column < code.size {
            let dark = (column..code.size).take_while(|column| code[row][*column].value());
            let length = dark.count();
            if length > 0 {
                let (x, y) = (column + BORDER, row + BORDER);
                // Writing to a text cannot fail.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            column += length.max(1);
        }
    }
    let label = escape(label);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
         aria-label=\"{label}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path d=\"{path}\"/></svg>"
    ))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            char if char.is_control() => {}
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_and_the_border_are_where_readers_look() {
        let svg = qr_svg("https://shop.example/?ref=anna-7", "Anna's link").unwrap();
        // Version 3 has 29 modules: 32 bytes fit at the level M.
        assert!(svg.contains("viewBox=\"0 0 37 37\""), "{svg}");
        for corner in ["M4 4h7v1h-7z", "M26 4h7v1h-7z", "M4 26h7v1h-7z"] {
            assert!(svg.contains(corner), "{corner} in {svg}");
        }
        assert!(!svg.contains("M3 ") && !svg.contains(" 3h"), "{svg}");
        let other = qr_svg("https://shop.example/?ref=anna-8", "Anna's link").unwrap();
        assert_ne!(svg, other);
    }

    /// The SVG as pixels: `Mx yhNv1h-Nz` is a dark bar of N modules. Returns the side and the dark pixels.
    fn pixels(svg: &str) -> (usize, std::collections::HashSet<(usize, usize)>) {
        const SCALE: usize = 4;
        let between = |start: &str, end: &str| {
            let rest = &svg[svg.rfind(start).unwrap() + start.len()..];
            rest[..rest.find(end).unwrap()].to_owned()
        };
        let side: usize = between("viewBox=\"0 0 ", " ").parse().unwrap();
        let mut dark = std::collections::HashSet::new();
        for bar in between("<path d=\"M", "z\"/></svg>").split("zM") {
            let numbers = bar.replace("v1h-", " ").replace('h', " ");
            let numbers: Vec<usize> = numbers.split(' ').map(|n| n.parse().unwrap()).collect();
            let [x, y, length, back] = numbers[..] else {
                panic!("{bar}");
            };
            assert_eq!(length, back, "{bar}");
            for column in x * SCALE..(x + length) * SCALE {
                dark.extend((y * SCALE..(y + 1) * SCALE).map(|row| (column, row)));
            }
        }
        (side * SCALE, dark)
    }

    #[test]
    fn a_reader_reads_the_link() {
        let long = format!("https://shop.example/?ref={}", "anna-7.".repeat(80));
        let longest = format!("https://shop.example/?{}", "x".repeat(2_331 - 22));
        for link in [
            "https://shop.example/?ref=anna-7",
            "https://bücher.example/größe?ref=Zoë-Ω-東京",
            &long,
            &longest,
        ] {
            let (side, dark) = pixels(&qr_svg(link, "Anna's link").unwrap());
            let shade = |x, y| if dark.contains(&(x, y)) { 0 } else { 255 };
            let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, shade);
            let codes = image.detect_grids();
            assert_eq!(codes.len(), 1, "{link}");
            let (_, read) = codes[0].decode().unwrap();
            assert_eq!(read, link);
        }
    }

    #[test]
    fn a_label_cannot_leave_its_attribute() {
        let svg = qr_svg("x", "\"><script>&\n").unwrap();
        assert!(
            svg.contains("aria-label=\"&quot;&gt;&lt;script&gt;&amp;\""),
            "{svg}"
        );
    }

    #[test]
    fn a_link_that_does_not_fit_is_refused() {
        assert!(qr_svg(&"x".repeat(2_331), "").is_ok());
        assert_eq!(qr_svg(&"x".repeat(2_332), ""), Err(LinkTooLong));
    }
}

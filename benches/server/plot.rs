//! Draws the latencies as bars, into a file that needs nothing else: text, and colours for a light
//! page and for a dark one.

use std::fmt::Write;
use std::path::Path;

use crate::Failure;
use crate::harness::Row;

const WIDTH: f64 = 760.0;
const LABELS: f64 = 178.0;
/// Room for the figure behind the longest bar.
const FIGURES: f64 = 62.0;
const TOP: f64 = 64.0;
const LINE: f64 = 22.0;
const HEAD: f64 = 30.0;

const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#1f2328}.card{fill:#fff;stroke:#d0d7de}.quiet{fill:#59636e}\
.ours{fill:#0969da}.hand{fill:#8c959f}.noise{fill:#d4a72c;fill-opacity:.35}.axis{stroke:#59636e}\
.head{font-weight:600}.title{font-size:15px;font-weight:600}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.card{fill:#161b22;stroke:#3d444d}\
.quiet{fill:#9198a1}.ours{fill:#4493f8}.hand{fill:#6e7681}.axis{stroke:#9198a1}}";

/// The servers of one group: the same one measured twice, and those that do more.
struct Panel<'a> {
    group: &'a str,
    /// Between which ratios half of the rounds lie where nothing differs.
    noise: [f64; 2],
    bars: Vec<(&'a str, f64)>,
}

/// Writes the plot of the servers under load.
pub(crate) fn write(rows: &[Row], path: &Path) -> Result<(), Failure> {
    let panels: Option<Vec<Panel<'_>>> = rows
        .chunk_by(|one, next| one.group == next.group)
        .map(panel)
        .collect();
    let panels = panels.ok_or("a server was not measured")?;
    std::fs::write(path, draw(&panels)?)?;
    println!("the plot is in {}", path.display());
    Ok(())
}

fn panel(rows: &[Row]) -> Option<Panel<'_>> {
    let [first, again, others @ ..] = rows else {
        return None;
    };
    let [low, _, high] = again.latency()?;
    let bars = others.iter().map(|row| Some((row.name, row.latency()?[1])));
    Some(Panel {
        group: first.group,
        noise: [low, high],
        bars: bars.collect::<Option<_>>()?,
    })
}

/// Two panels side by side, and as many below as it takes.
fn draw(panels: &[Panel<'_>]) -> Result<String, std::fmt::Error> {
    let all = || {
        let of = |panel: &Panel<'_>| {
            let bars = panel.bars.iter().map(|bar| bar.1);
            bars.chain(panel.noise).collect::<Vec<_>>()
        };
        panels.iter().flat_map(of)
    };
    let (least, most) = (all().fold(1.0, f64::min), all().fold(1.01, f64::max));
    let lines = panels.iter().map(|panel| panel.bars.len()).max();
    let rows = u32::try_from(panels.len().div_ceil(2)).unwrap_or(u32::MAX);
    let lines = u32::try_from(lines.unwrap_or(0)).unwrap_or(u32::MAX);
    let panel_height = HEAD + LINE * f64::from(lines) + 14.0;
    let height = TOP + panel_height * f64::from(rows) + 26.0;
    let panel_width = (WIDTH - LABELS - 16.0) / 2.0;
    let scale = (panel_width - FIGURES - 16.0) / (most - least);

    let mut svg = String::new();
    let title = "Median latency of a request, over the same server without the layer";
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0}" width="{WIDTH}" height="{height:.0}" role="img" aria-labelledby="title">"#
    )?;
    writeln!(
        svg,
        r#"<title id="title">{title}: {}</title>"#,
        said(panels)
    )?;
    writeln!(svg, "<style>{STYLE}</style>")?;
    writeln!(
        svg,
        r#"<rect class="card" x=".5" y=".5" width="{:.0}" height="{:.0}" rx="6"/>"#,
        WIDTH - 1.0,
        height - 1.0
    )?;
    text(&mut svg, "title", [16.0, 28.0], title)?;
    text(
        &mut svg,
        "quiet",
        [16.0, 48.0],
        "axum, tower-partnero (blue), and the same by hand with CookieJar and Query (grey); shorter is better",
    )?;
    for (index, panel) in (0_u32..).zip(panels) {
        let zero = LABELS + panel_width * f64::from(index % 2) + 8.0 + (1.0 - least) * scale;
        let top = TOP + panel_height * f64::from(index / 2);
        let at = |ratio: f64| zero + (ratio - 1.0) * scale;
        text(&mut svg, "head", [at(1.0), top + 16.0], panel.group)?;
        let [low, high] = panel.noise;
        let bars_height = panel_height - HEAD - 10.0;
        for (index, (name, ratio)) in (0_u32..).zip(&panel.bars) {
            let y = top + HEAD + LINE * f64::from(index);
            if zero < LABELS + panel_width {
                text(&mut svg, "", [16.0, y + 12.0], name)?;
            }
            let class = if name.starts_with("ours") {
                "ours"
            } else {
                "hand"
            };
            let (left, right) = (at(ratio.min(1.0)), at(ratio.max(1.0)));
            writeln!(
                svg,
                r#"<rect class="{class}" x="{left:.1}" y="{:.1}" width="{:.1}" height="14"/>"#,
                y + 1.0,
                right - left
            )?;
            let right = right.max(at(high)) + 5.0;
            text(&mut svg, "", [right, y + 12.0], &percent(*ratio))?;
        }
        let y = top + HEAD - 3.0;
        writeln!(
            svg,
            r#"<rect class="noise" x="{:.1}" y="{y:.1}" width="{:.1}" height="{bars_height:.1}"/>"#,
            at(low),
            at(high) - at(low)
        )?;
        writeln!(
            svg,
            r#"<path class="axis" d="M{zero:.1} {y:.1}v{bars_height:.1}"/>"#
        )?;
    }
    let y = height - 16.0;
    writeln!(
        svg,
        r#"<rect class="noise" x="16" y="{:.1}" width="14" height="14"/>"#,
        y - 11.0
    )?;
    text(
        &mut svg,
        "quiet",
        [36.0, y],
        "noise: half of the rounds in which the server without the layer was measured twice lie within this band",
    )?;
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// The figures in words, for readers who do not see the picture.
fn said(panels: &[Panel<'_>]) -> String {
    let of = |panel: &Panel<'_>| {
        let bars = panel.bars.iter();
        let bars: Vec<String> = bars
            .map(|bar| format!("{} {}", bar.0, percent(bar.1)))
            .collect();
        format!("{}: {}", panel.group, bars.join(", "))
    };
    panels.iter().map(of).collect::<Vec<_>>().join("; ")
}

fn percent(ratio: f64) -> String {
    format!("{:+.1} %", 100.0 * (ratio - 1.0))
}

/// No text here needs escaping: they are all of this program.
fn text(svg: &mut String, class: &str, [x, y]: [f64; 2], text: &str) -> std::fmt::Result {
    let class = if class.is_empty() {
        String::new()
    } else {
        format!(r#" class="{class}""#)
    };
    writeln!(svg, r#"<text{class} x="{x:.1}" y="{y:.1}">{text}</text>"#)
}

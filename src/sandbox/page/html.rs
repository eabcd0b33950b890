//! Writes HTML in which no value can become markup.

/// A page that is being written. Markup is `&'static str`, so that it can only come from this
/// source code; every other text is escaped.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    pub(super) fn markup(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        self
    }

    pub(super) fn number(&mut self, number: usize) -> &mut Self {
        self.text(&number.to_string())
    }

    /// A table cell with this text, or a dash for nothing.
    pub(super) fn cell(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.markup("<td>").text(text).markup("</td>"),
            None => self.markup("<td class=none>–</td>"),
        }
    }

    /// A table cell in the font of code: for ids, keys and paths.
    pub(super) fn code_cell(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.markup("<td><code>").text(text).markup("</code></td>"),
            None => self.cell(None),
        }
    }

    /// A table cell for a time, whose text the browser does not break into two lines.
    pub(super) fn time_cell(&mut self, time: &str) -> &mut Self {
        self.markup("<td class=time>").text(time).markup("</td>")
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_text() {
        let mut html = Html::default();
        html.cell(Some("<script>alert('1' & \"2\")</script>"));
        let expected =
            "<td>&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)&lt;/script&gt;</td>";
        assert_eq!(html.finish(), expected);
    }
}

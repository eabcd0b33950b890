use super::*;
use proptest::prelude::*;

fn amount(text: &str) -> Amount {
    Amount::major(text).unwrap()
}

fn from_json(json: &str) -> Option<Amount> {
    serde_json::from_str(json).ok()
}

#[test]
fn major_and_minor_units_meet() {
    for (text, units, decimals) in [
        ("19.99", 1999, 2),
        ("20", 20, 0),
        ("20.00", 2000, 2),
        ("-0.5", -50, 2),
        ("29.997", 29_997, 3),
        ("0", 0, 9),
        ("-0.00", 0, 0),
    ] {
        let minor = Amount::minor(units, decimals).unwrap();
        assert_eq!(amount(text), minor, "{text}");
        assert_eq!(minor.to_minor(decimals), Some(units), "{text}");
    }
    assert_eq!(amount("0.001").to_minor(2), None);
    assert_eq!(amount("999999999999999").to_minor(9), None);
    assert_eq!(amount("1").to_minor(u32::MAX), None);
}

#[test]
fn only_plain_digits_are_an_amount() {
    for text in [
        "", "-", ".5", "5.", "1.2.3", "19,99", "1_000", "1e3", "+1", " 1", "1 ", "$1", "NaN",
        "inf", "0x1", "--1", "١",
    ] {
        assert_eq!(
            Amount::major(text),
            Err(InvalidAmount(Reason::Text)),
            "{text:?}"
        );
    }
    for text in [
        "1234567890123456",
        "0.0000000000000001",
        "1.234567890123456",
    ] {
        assert_eq!(
            text.parse::<Amount>(),
            Err(InvalidAmount(Reason::Digits)),
            "{text:?}"
        );
    }
    assert!(Amount::major(&"9".repeat(99)).is_err());
    assert!(Amount::major(&format!("0.{}1", "0".repeat(99))).is_err());
    assert!(Amount::minor(i64::MAX, 0).is_err());
    assert!(Amount::minor(1, u32::MAX).is_err());
    assert_eq!(amount("999999999999999").to_string(), "999999999999999");
    assert_eq!(amount("0.000000000000001").to_string(), "0.000000000000001");
}

#[test]
fn every_form_in_json_is_read() {
    for (json, expected) in [
        ("99.99", "99.99"),
        ("100", "100"),
        ("100.0", "100"),
        ("29.997", "29.997"),
        ("\"29.997\"", "29.997"),
        ("\"100.00\"", "100"),
        ("-3", "-3"),
        ("0.30000000000000004", "0.3"),
        ("\"0.30000000000000004\"", "0.3"),
        ("19.990000000000002", "19.99"),
        ("1e3", "1000"),
        ("1.5E-2", "0.015"),
        ("\"1.5e+2\"", "150"),
        ("1e-7", "0.0000001"),
        ("1e-300", "0"),
        ("-0.0", "0"),
    ] {
        assert_eq!(from_json(json), Some(amount(expected)), "{json}");
    }
    for json in [
        "1e15", "1e300", "\"\"", "\"NaN\"", "\"inf\"", "\"ten\"", "null", "[]", "true",
    ] {
        assert_eq!(from_json(json), None, "{json}");
    }
}

#[test]
fn shows_as_many_decimals_as_asked() {
    assert_eq!(format!("{:.2}", amount("20")), "20.00");
    assert_eq!(format!("{:.2}", amount("29.997")), "30.00");
    assert_eq!(format!("{:.2}", amount("-0.125")), "-0.13");
    assert_eq!(format!("{:.2}", amount("-0.001")), "0.00");
    assert_eq!(format!("{:.0}", amount("999.5")), "1000");
    assert_eq!(
        format!("{:8.2}|{:<8.1}|", amount("-1.5"), amount("2")),
        "   -1.50|2.0     |"
    );
    let widest = format!("{:.40}", amount("-123456789012345"));
    assert_eq!(widest, format!("-123456789012345.{}", "0".repeat(40)));
    let deepest = format!("{:.17}", amount("0.000000000000001"));
    assert_eq!(deepest, "0.00000000000000100");
    assert_eq!(format!("{:>8}", amount("1.5")), "     1.5");
    assert_eq!(format!("{:?}", amount("1.5")), "Amount(1.5)");
}

#[test]
fn amounts_are_ordered_by_value() {
    let mut amounts = [amount("10"), amount("9.5"), amount("-1"), Amount::ZERO];
    amounts.sort();
    assert_eq!(
        amounts,
        [amount("-1"), Amount::ZERO, amount("9.5"), amount("10")]
    );
    assert!(amount("-1").is_negative() && !Amount::ZERO.is_negative());
}

fn any_amount() -> impl Strategy<Value = Amount> {
    let largest = i64::try_from(END).unwrap() - 1;
    (-largest..=largest, 0..=DIGITS).prop_map(|(units, scale)| Amount::minor(units, scale).unwrap())
}

proptest! {
    #[test]
    fn no_amount_changes_value_through_the_wire(amount in any_amount()) {
        let wire = serde_json::to_string(&amount).unwrap();
        // What another reader makes of the digits on the wire, without any floating point.
        let exact = if wire.contains('e') {
            Decimal::from_scientific(&wire)
        } else {
            Decimal::from_str_exact(&wire)
        };
        prop_assert_eq!(exact.unwrap(), amount.0, "{}", wire);
        prop_assert_eq!(from_json(&wire), Some(amount));
        prop_assert_eq!(from_json(&format!("\"{wire}\"")), Some(amount));
        prop_assert_eq!(from_json(&format!("\"{amount}\"")), Some(amount));
        let value = serde_json::to_value(amount).unwrap();
        prop_assert_eq!(serde_json::from_value::<Amount>(value).unwrap(), amount);
    }

    #[test]
    fn text_and_minor_units_give_the_amount_back(amount in any_amount()) {
        prop_assert_eq!(amount.to_string().parse::<Amount>().unwrap(), amount);
        if let Some(units) = amount.to_minor(15) {
            prop_assert_eq!(Amount::minor(units, 15).unwrap(), amount);
        }
    }

    #[test]
    fn no_text_and_no_number_panics(text in "\\PC{0,40}", digits in "-?[0-9.eE+-]{0,60}", bits: u64) {
        for text in [&text, &digits] {
            let _ = (Amount::major(text), Amount::read(text));
        }
        let _ = Amount::read_number(f64::from_bits(bits));
    }
}

"""When what people have planned is due: by the week, by the date, by the sun."""

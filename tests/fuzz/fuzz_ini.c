/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of ini_parse: names and values lie in the text, and are found under their names; names are not empty,
 * keys are in small letters; what is printed of it reads the same; an error has a place inside the text and quotes no
 * value.
 */
#include "lib/aws/ini.h"
#include "tests/fuzz/fuzz.h"

static void check_inside(struct str part, const struct buf *text)
{
	PROPERTY(part.ptr >= text->data && part.ptr + part.len <= text->data + text->len);
}

static void check_section(const struct ini *ini, const struct ini_section *section,
			  const struct buf *text)
{
	PROPERTY(section->name.len > 0);
	check_inside(section->name, text);
	PROPERTY(ini_find(ini, section->name) == section);
	for (size_t i = 0; i < section->key_count; i++) {
		const struct ini_key *key = &section->keys[i];

		PROPERTY(key->name.len > 0 && key->line >= section->line);
		check_inside(key->name, text);
		check_inside(key->value, text);
		for (size_t j = 0; j < key->name.len; j++)
			PROPERTY(key->name.ptr[j] < 'A' || key->name.ptr[j] > 'Z');
	}
}

/* A value of several lines is indented again; an empty line in it needs no indent. */
static void print_value(struct buf *out, struct str value)
{
	for (bool first = true; first || value.len; first = false) {
		buf_add_text(out, first ? "" : "\n\t");
		buf_add_str(out, str_cut(&value, '\n'));
	}
	buf_add_char(out, '\n');
}

static struct buf print(const struct ini *ini)
{
	struct buf out = buf_make(1 << 24);

	for (size_t i = 0; i < ini->count; i++) {
		const struct ini_section *section = &ini->sections[i];

		buf_add_char(&out, '[');
		buf_add_str(&out, section->name);
		buf_add_text(&out, "]\n");
		for (size_t j = 0; j < section->key_count; j++) {
			buf_add_str(&out, section->keys[j].name);
			buf_add_text(&out, " = ");
			print_value(&out, section->keys[j].value);
		}
	}
	return out;
}

static void check_printed(const struct ini *ini)
{
	auto_buf struct buf text = print(ini);
	auto_buf struct buf again = { 0 };
	struct arena	    arena = { 0 };
	auto_buf struct buf copy = buf_make(1 << 24);
	struct ini	    read;
	struct err	    err;

	buf_add_str(&copy, buf_str(&text));
	PROPERTY(ini_parse(&copy, "printed", &arena, &read, &err) == 0);
	again = print(&read);
	PROPERTY(str_eq(buf_str(&text), buf_str(&again)));
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf text = buf_make(size);
	struct arena	    arena = { 0 };
	struct ini	    ini;
	struct err	    err = { 0 };
	uint32_t	    lines = 1;

	buf_add(&text, data, size);
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (ini_parse(&text, "input", &arena, &ini, &err) < 0) {
		PROPERTY(err.kind == ERR_INPUT && err.text[0] && err.line <= lines);
	} else {
		for (size_t i = 0; i < ini.count; i++)
			check_section(&ini, &ini.sections[i], &text);
		check_printed(&ini);
	}
	arena_done(&arena);
	return 0;
}

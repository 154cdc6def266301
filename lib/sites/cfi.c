/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sources of the rules: "System V ABI, AMD64 supplement" 3.7 and 6.2, "DWARF 4" 6.4, and the Linux
 * Standard Base Core chapter 10.6 on .eh_frame and .eh_frame_hdr.
 */
#include "lib/sites/cfi.h"
#include <dlfcn.h>
#include <link.h>
#include <ucontext.h>

/* DWARF numbers of the registers we follow. */
#define REG_NUMBER_BP 6
#define REG_NUMBER_SP 7
#define REG_NUMBER_RA 16

#define STATES_MAX    8 /* nested DW_CFA_remember_state; compilers use one */

/* A stretch of a loaded file's memory, read with bounds. */
struct reader {
	const uint8_t *at;
	const uint8_t *end;
	int failed;
};

/* Rule state while the call-frame program runs. */
struct state {
	uint64_t cfa_register;
	int64_t cfa_offset;
	enum sites_step_bp bp;
	int64_t bp_offset;
	int64_t ra_offset;
	uint8_t cfa_deref;    /* CFA is *(cfa_register + cfa_offset) */
	uint8_t unknown;      /* the CFA is given by an expression we do not follow */
	uint8_t ra_unknown;   /* the return address is not simply saved */
	uint8_t ra_undefined; /* there is no caller */
};

struct cie {
	uint64_t code_align;
	int64_t data_align;
	uint8_t fde_encoding;
	uint8_t is_signal;
	uint8_t has_augmentation_data;
	struct reader program;
};

static uint64_t read_bytes(struct reader *r, unsigned n)
{
	uint64_t value = 0;

	if ((size_t)(r->end - r->at) < n) {
		r->failed = 1;
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		value |= (uint64_t)r->at[i] << (8 * i);
	r->at += n;
	return value;
}

static int64_t read_signed(struct reader *r, unsigned n)
{
	uint64_t value = read_bytes(r, n);
	unsigned unused_bits = 64 - 8 * n;

	return (int64_t)(value << unused_bits) >> unused_bits;
}

/* The bits of a LEB128 number, sign-extended or not. */
static uint64_t read_leb(struct reader *r, int is_signed)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = (uint8_t)read_bytes(r, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && !r->failed);
	if (is_signed && shift < 64 && (byte & 0x40))
		value |= ~(uint64_t)0 << shift;
	return value;
}

static uint64_t read_uleb(struct reader *r)
{
	return read_leb(r, 0);
}

static int64_t read_sleb(struct reader *r)
{
	return (int64_t)read_leb(r, 1);
}

/* An offset in units of the data alignment; hostile ones wrap around. */
static int64_t scaled(uint64_t offset, int64_t data_align)
{
	return (int64_t)(offset * (uint64_t)data_align);
}

static void skip(struct reader *r, uint64_t n)
{
	if (n > (uint64_t)(r->end - r->at)) {
		r->failed = 1;
		return;
	}
	r->at += n;
}

/* A pointer in one of the encodings of .eh_frame; indirect ones are not used for code. */
static uintptr_t read_encoded(struct reader *r, uint8_t encoding, uintptr_t data_base)
{
	uintptr_t base = 0;
	uintptr_t value;

	if ((encoding & 0x70) == 0x10)
		base = (uintptr_t)r->at;
	else if ((encoding & 0x70) == 0x30)
		base = data_base;
	else if ((encoding & 0x70) != 0)
		r->failed = 1;
	switch (encoding & 0x0f) {
	case 0x00:
	case 0x04:
	case 0x0c:
		value = read_bytes(r, 8);
		break;
	case 0x01:
		value = read_uleb(r);
		break;
	case 0x02:
		value = read_bytes(r, 2);
		break;
	case 0x03:
		value = read_bytes(r, 4);
		break;
	case 0x09:
		value = (uintptr_t)read_sleb(r);
		break;
	case 0x0a:
		value = (uintptr_t)read_signed(r, 2);
		break;
	case 0x0b:
		value = (uintptr_t)read_signed(r, 4);
		break;
	default:
		r->failed = 1;
		value = 0;
	}
	return base + value;
}

/* --- call-frame programs -------------------------------------------------------------------- */

/* An expression that is just "register + offset", perhaps dereferenced; else 0. */
static int simple_expression(struct reader *r, uint64_t *ret_register, int64_t *ret_offset,
			     uint8_t *ret_deref)
{
	uint64_t length = read_uleb(r);
	struct reader e = {.at = r->at, .end = r->at + (r->failed ? 0 : length)};
	uint8_t op;

	skip(r, length);
	if (r->failed)
		return 0;
	op = (uint8_t)read_bytes(&e, 1);
	if (op < 0x70 || op > 0x8f) /* DW_OP_breg0..31 */
		return 0;
	*ret_register = op - 0x70u;
	*ret_offset = read_sleb(&e);
	*ret_deref = 0;
	if (e.at < e.end && *e.at == 0x06) { /* DW_OP_deref */
		*ret_deref = 1;
		e.at++;
	}
	return !e.failed && e.at == e.end;
}

static void set_offset(struct state *state, uint64_t reg, int64_t offset)
{
	if (reg == REG_NUMBER_BP) {
		state->bp = SITES_BP_AT_CFA;
		state->bp_offset = offset;
	} else if (reg == REG_NUMBER_RA) {
		state->ra_offset = offset;
		state->ra_undefined = 0;
		state->ra_unknown = 0;
	}
}

static void set_lost(struct state *state, uint64_t reg, int undefined)
{
	if (reg == REG_NUMBER_BP) {
		state->bp = SITES_BP_LOST;
	} else if (reg == REG_NUMBER_RA) {
		state->ra_undefined = undefined != 0;
		state->ra_unknown = undefined == 0;
	}
}

static void restore(struct state *state, const struct state *initial, uint64_t reg)
{
	if (reg == REG_NUMBER_BP) {
		state->bp = initial->bp;
		state->bp_offset = initial->bp_offset;
	} else if (reg == REG_NUMBER_RA) {
		state->ra_offset = initial->ra_offset;
		state->ra_undefined = initial->ra_undefined;
		state->ra_unknown = initial->ra_unknown;
	}
}

static void define_cfa_by_expression(struct reader *r, struct state *state)
{
	state->unknown =
		!simple_expression(r, &state->cfa_register, &state->cfa_offset, &state->cfa_deref);
}

static void save_by_expression(struct reader *r, struct state *state)
{
	uint64_t reg = read_uleb(r);
	uint64_t base;
	int64_t offset;
	uint8_t deref;

	if (simple_expression(r, &base, &offset, &deref) && reg == REG_NUMBER_BP &&
	    base == REG_NUMBER_BP && !deref) {
		state->bp = SITES_BP_AT_BP;
		state->bp_offset = offset;
		return;
	}
	set_lost(state, reg, 0);
}

struct machine {
	struct state state;
	struct state initial; /* after the CIE's program */
	struct state saved[STATES_MAX];
	int depth;
	uintptr_t location;
};

/* Instructions of which only the operands matter here. */
static void skip_operands(struct reader *r, struct machine *m, uint8_t op, const struct cie *cie)
{
	uint64_t reg;

	switch (op) {
	case 0x05: /* DW_CFA_offset_extended */
		reg = read_uleb(r);
		set_offset(&m->state, reg, scaled(read_uleb(r), cie->data_align));
		break;
	case 0x11: /* DW_CFA_offset_extended_sf */
		reg = read_uleb(r);
		set_offset(&m->state, reg, scaled((uint64_t)read_sleb(r), cie->data_align));
		break;
	case 0x06: /* DW_CFA_restore_extended */
		restore(&m->state, &m->initial, read_uleb(r));
		break;
	case 0x07: /* DW_CFA_undefined */
		set_lost(&m->state, read_uleb(r), 1);
		break;
	case 0x08: /* DW_CFA_same_value */
		reg = read_uleb(r);
		if (reg == REG_NUMBER_BP)
			m->state.bp = SITES_BP_SAME;
		break;
	case 0x09: /* DW_CFA_register */
		reg = read_uleb(r);
		read_uleb(r);
		set_lost(&m->state, reg, 0);
		break;
	case 0x10: /* DW_CFA_expression */
		save_by_expression(r, &m->state);
		break;
	case 0x14: /* DW_CFA_val_offset */
	case 0x15: /* DW_CFA_val_offset_sf */
		reg = read_uleb(r);
		read_uleb(r);
		set_lost(&m->state, reg, 0);
		break;
	case 0x16: /* DW_CFA_val_expression */
		reg = read_uleb(r);
		skip(r, read_uleb(r));
		set_lost(&m->state, reg, 0);
		break;
	case 0x2e: /* DW_CFA_GNU_args_size */
		read_uleb(r);
		break;
	default:
		r->failed = 1;
	}
}

static void define_cfa(struct reader *r, struct state *state, uint8_t op, int64_t data_align)
{
	state->unknown = 0;
	state->cfa_deref = 0;
	if (op == 0x0c || op == 0x12 || op == 0x0d) /* def_cfa, def_cfa_sf, def_cfa_register */
		state->cfa_register = read_uleb(r);
	if (op == 0x0c || op == 0x0e) /* def_cfa, def_cfa_offset */
		state->cfa_offset = (int64_t)read_uleb(r);
	if (op == 0x12 || op == 0x13) /* def_cfa_sf, def_cfa_offset_sf */
		state->cfa_offset = scaled((uint64_t)read_sleb(r), data_align);
}

static void run_one(struct reader *r, struct machine *m, uint8_t op, const struct cie *cie)
{
	uint8_t low = op & 0x3f;

	if ((op & 0xc0) == 0x40) { /* DW_CFA_advance_loc */
		m->location += low * cie->code_align;
		return;
	}
	if ((op & 0xc0) == 0x80) { /* DW_CFA_offset */
		set_offset(&m->state, low, scaled(read_uleb(r), cie->data_align));
		return;
	}
	if ((op & 0xc0) == 0xc0) { /* DW_CFA_restore */
		restore(&m->state, &m->initial, low);
		return;
	}
	switch (op) {
	case 0x00: /* DW_CFA_nop */
		break;
	case 0x01: /* DW_CFA_set_loc */
		m->location = read_encoded(r, cie->fde_encoding, 0);
		break;
	case 0x02: /* DW_CFA_advance_loc1, 2, 4 */
		m->location += read_bytes(r, 1) * cie->code_align;
		break;
	case 0x03:
		m->location += read_bytes(r, 2) * cie->code_align;
		break;
	case 0x04:
		m->location += read_bytes(r, 4) * cie->code_align;
		break;
	case 0x0a: /* DW_CFA_remember_state */
		if (m->depth == STATES_MAX)
			r->failed = 1;
		else
			m->saved[m->depth++] = m->state;
		break;
	case 0x0b: /* DW_CFA_restore_state */
		if (m->depth == 0)
			r->failed = 1;
		else
			m->state = m->saved[--m->depth];
		break;
	case 0x0c:
	case 0x0d:
	case 0x0e:
	case 0x12:
	case 0x13:
		define_cfa(r, &m->state, op, cie->data_align);
		break;
	case 0x0f: /* DW_CFA_def_cfa_expression */
		define_cfa_by_expression(r, &m->state);
		break;
	default:
		skip_operands(r, m, op, cie);
	}
}

static int advances(uint8_t op)
{
	return (op & 0xc0) == 0x40 || (op >= 0x01 && op <= 0x04);
}

/* Runs a program up to the row of `pc`. */
static void run(struct reader r, struct machine *m, const struct cie *cie, uintptr_t pc,
		int *failed)
{
	while (r.at < r.end && !r.failed) {
		uint8_t op = (uint8_t)read_bytes(&r, 1);

		run_one(&r, m, op, cie);
		if (advances(op) && m->location > pc)
			break;
	}
	*failed = *failed || r.failed;
}

/* --- .eh_frame ------------------------------------------------------------------------------ */

static int parse_augmentation(struct reader *r, struct cie *cie, const char *augmentation)
{
	uint64_t length = read_uleb(r);
	struct reader data = {.at = r->at, .end = r->at + (r->failed ? 0 : length)};

	skip(r, length);
	if (r->failed)
		return -1;
	cie->has_augmentation_data = 1;
	for (const char *c = augmentation + 1; *c != '\0' && !data.failed; c++)
		switch (*c) {
		case 'R':
			cie->fde_encoding = (uint8_t)read_bytes(&data, 1);
			break;
		case 'P': {
			uint8_t encoding = (uint8_t)read_bytes(&data, 1);

			read_encoded(&data, encoding & 0x7f, 0);
			break;
		}
		case 'L':
			read_bytes(&data, 1);
			break;
		case 'S':
			cie->is_signal = 1;
			break;
		default:
			return 0; /* unknown letters: the rest has no meaning for us */
		}
	return 0;
}

/* A length-prefixed entry; the reader is left at its end, `ret` inside. */
static int open_entry(const uint8_t *at, const uint8_t *end, struct reader *ret)
{
	struct reader r = {.at = at, .end = end};
	uint64_t length = read_bytes(&r, 4);

	if (length == 0xffffffff)
		length = read_bytes(&r, 8);
	if (r.failed || length == 0 || length > (uint64_t)(end - r.at))
		return -1;
	*ret = (struct reader){.at = r.at, .end = r.at + length};
	return 0;
}

static int parse_cie(const uint8_t *at, const uint8_t *end, struct cie *cie)
{
	struct reader r;
	const char *augmentation;
	uint64_t version;

	if (open_entry(at, end, &r) != 0)
		return -1;
	if (read_bytes(&r, 4) != 0) /* the id of a CIE in .eh_frame */
		return -1;
	version = read_bytes(&r, 1);
	augmentation = (const char *)r.at;
	while (read_bytes(&r, 1) != 0 && !r.failed)
		;
	if (r.failed || (version != 1 && version != 3))
		return -1;
	cie->code_align = read_uleb(&r);
	cie->data_align = read_sleb(&r);
	if (version == 1)
		read_bytes(&r, 1);
	else
		read_uleb(&r);
	if (augmentation[0] == 'z' && parse_augmentation(&r, cie, augmentation) != 0)
		return -1;
	if (augmentation[0] != 'z' && augmentation[0] != '\0')
		return -1;
	cie->program = r;
	return r.failed ? -1 : 0;
}

static intptr_t table_word(const uint8_t *table, size_t number)
{
	int32_t word;

	__builtin_memcpy(&word, table + number * sizeof(word), sizeof(word));
	return word;
}

/* The FDE the sorted table of .eh_frame_hdr names for `pc`, or NULL. */
static const uint8_t *find_fde(const uint8_t *header, const uint8_t *end, uintptr_t pc)
{
	struct reader r = {.at = header, .end = end};
	uint64_t count;
	size_t low = 0;
	size_t high;
	uint8_t frame_encoding, count_encoding, table_encoding;

	if (read_bytes(&r, 1) != 1)
		return NULL;
	frame_encoding = (uint8_t)read_bytes(&r, 1);
	count_encoding = (uint8_t)read_bytes(&r, 1);
	table_encoding = (uint8_t)read_bytes(&r, 1);
	read_encoded(&r, frame_encoding, (uintptr_t)header);
	count = read_encoded(&r, count_encoding, (uintptr_t)header);
	/* Linkers write pairs of 32-bit offsets from the header, and nothing else. */
	if (r.failed || table_encoding != 0x3b || count > (uint64_t)(r.end - r.at) / 8)
		return NULL;
	high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)header + (uintptr_t)table_word(r.at, 2 * middle) <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? header + table_word(r.at, 2 * (low - 1) + 1) : NULL;
}

/* What a function may use below its stack pointer; after its pops, what it had saved. */
#define RED_ZONE 128

/* No compiler puts the frame register further below the CFA than this. */
#define BP_TO_CFA_MAX 256

/*
 * Whether the frame register is saved inside the frame: below the return address, and not below the
 * register that the CFA is given by. What is elsewhere might not be readable.
 */
static int bp_is_in_frame(const struct state *state, enum sites_step_kind kind)
{
	if (state->bp != SITES_BP_AT_CFA)
		return 1;
	return kind != SITES_STEP_BP_DEREF && state->bp_offset <= -16 &&
	       state->bp_offset >= -state->cfa_offset - RED_ZONE &&
	       (kind != SITES_STEP_BP || state->cfa_offset <= BP_TO_CFA_MAX);
}

static struct sites_step to_step(const struct machine *m)
{
	const struct state *state = &m->state;
	struct sites_step step = {.kind = SITES_STEP_NONE};

	if (state->ra_undefined) {
		step.kind = SITES_STEP_END;
		return step;
	}
	if (state->unknown || state->ra_unknown || state->ra_offset != -8 ||
	    state->cfa_offset != (int32_t)state->cfa_offset)
		return step;
	if (state->cfa_register == REG_NUMBER_SP && !state->cfa_deref)
		step.kind = SITES_STEP_SP;
	else if (state->cfa_register == REG_NUMBER_BP)
		step.kind = state->cfa_deref ? SITES_STEP_BP_DEREF : SITES_STEP_BP;
	else
		return step;
	step.cfa_offset = (int32_t)state->cfa_offset;
	step.flags = bp_is_in_frame(state, step.kind) ? (uint8_t)state->bp : SITES_BP_LOST;
	step.bp_offset = (int16_t)state->bp_offset;
	if (step.bp_offset != state->bp_offset)
		step.flags = SITES_BP_LOST;
	return step;
}

static struct sites_step rule_from_fde(const uint8_t *fde, const uint8_t *start, const uint8_t *end,
				       uintptr_t pc)
{
	struct sites_step none = {.kind = SITES_STEP_NONE};
	struct machine m = {.state = {.ra_offset = -8}};
	struct cie cie = {.fde_encoding = 0};
	struct reader r;
	const uint8_t *id_at;
	uint64_t cie_offset;
	uintptr_t range;
	int failed = 0;

	if (open_entry(fde, end, &r) != 0)
		return none;
	id_at = r.at;
	cie_offset = read_bytes(&r, 4);
	if (r.failed || cie_offset == 0 || cie_offset > (uint64_t)(id_at - start) ||
	    parse_cie(id_at - cie_offset, end, &cie) != 0)
		return none;
	m.location = read_encoded(&r, cie.fde_encoding, 0);
	range = read_encoded(&r, cie.fde_encoding & 0x0f, 0);
	if (r.failed || pc < m.location || pc - m.location >= range)
		return none;
	if (cie.has_augmentation_data)
		skip(&r, read_uleb(&r));
	if (cie.is_signal)
		return (struct sites_step){.kind = SITES_STEP_SIGNAL};
	run(cie.program, &m, &cie, UINTPTR_MAX, &failed);
	m.initial = m.state;
	run(r, &m, &cie, pc, &failed);
	return failed ? none : to_step(&m);
}

struct sites_step sites_cfi_rule_in(const struct sites_cfi_file *file, uintptr_t return_address)
{
	struct sites_step none = {.kind = SITES_STEP_NONE};
	uintptr_t pc = return_address - 1;
	const uint8_t *fde;

	if (file->header < file->start || file->header >= file->end)
		return none;
	fde = find_fde(file->header, file->end, pc);
	if (fde == NULL || fde < file->start || fde >= file->end)
		return none;
	return rule_from_fde(fde, file->start, file->end, pc);
}

struct sites_step sites_cfi_rule(uintptr_t return_address)
{
	struct sites_step none = {.kind = SITES_STEP_NONE};
	struct dl_find_object object;
	struct sites_cfi_file file;

	/*
	 * A file with gaps between its segments is several objects to the loader: the second is
	 * that of the frame information.
	 */
	if (_dl_find_object((void *)(return_address - 1), &object) != 0 ||
	    object.dlfo_eh_frame == NULL || _dl_find_object(object.dlfo_eh_frame, &object) != 0)
		return none;
	file = (struct sites_cfi_file){
		.start = object.dlfo_map_start,
		.end = object.dlfo_map_end,
		.header = object.dlfo_eh_frame,
	};
	return sites_cfi_rule_in(&file, return_address);
}

/* --- steps ---------------------------------------------------------------------------------- */

static int step_out_of_signal(struct sites_frame *frame, uintptr_t *limit)
{
	const ucontext_t *context = (const ucontext_t *)frame->sp;

	if (frame->sp + sizeof(*context) > *limit)
		return -1;
	frame->address = (uintptr_t)context->uc_mcontext.gregs[REG_RIP] + 1;
	frame->sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
	frame->bp = (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
	/* The handler may have had a stack of its own. */
	*limit = sites_stack_limit(frame->sp);
	return 0;
}

static int in_stack(uintptr_t address, uintptr_t sp, uintptr_t limit)
{
	return address >= sp && address < limit && (address & 7) == 0;
}

int sites_frame_step_any(struct sites_frame *frame, struct sites_step step, uintptr_t *limit)
{
	uintptr_t cfa_at = frame->bp + (uintptr_t)(intptr_t)step.cfa_offset;
	uintptr_t bp_at = frame->bp + (uintptr_t)(intptr_t)step.bp_offset;
	enum sites_step_bp bp = step.flags & SITES_STEP_BP_MASK;
	struct sites_frame next = *frame;

	if (step.kind == SITES_STEP_SIGNAL)
		return step_out_of_signal(frame, limit);
	if (step.kind == SITES_STEP_BP_DEREF) {
		if (!in_stack(cfa_at, frame->sp, *limit))
			return -1;
		/* The same as a plain rule with what stands on the stack. */
		step.kind = SITES_STEP_BP;
		next.bp = *(const uintptr_t *)cfa_at;
		step.cfa_offset = 0;
	}
	if (bp == SITES_BP_AT_BP && !in_stack(bp_at, frame->sp, *limit))
		return -1;
	/* The plain step knows two ways of the frame register; the others are done here. */
	if (bp != SITES_BP_AT_CFA)
		step.flags = SITES_BP_SAME;
	if (sites_frame_step(&next, step, *limit) != 0)
		return -1;
	if (bp == SITES_BP_AT_BP)
		next.bp = *(const uintptr_t *)bp_at;
	else if (bp == SITES_BP_SAME)
		next.bp = frame->bp;
	else if (bp == SITES_BP_LOST)
		next.bp = 0; /* on no stack: a rule that needs it is refused */
	*frame = next;
	return 0;
}

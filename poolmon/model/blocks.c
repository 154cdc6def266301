/* SPDX-License-Identifier: BSD-2-Clause */
#include "model/blocks.h"

#include "common/memory.h"
#include "common/text.h"
#include "model/model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char blocks_heading[] = "        Address    Requested       Charge Tag  Type   Site";

static struct pooltag_question blocks_words(const struct blocks_question *question)
{
	return (struct pooltag_question){
		.tag = question->tagged ? question->tag : 0,
		.pool = question->pooled ? question->pool + 1u : 0,
		.site = question->sited ? (uint32_t)question->site + 1 : 0,
		.least = question->least,
	};
}

/* "dict Paged", "server!dictAddRaw+0x1c", "all blocks". */
static void blocks_what(const struct reader_process *process,
			const struct blocks_question *question, char out[PLACE_SIZE])
{
	char tag[5] = "";

	if (question->sited) {
		place_exact(process, question->site, out);
		return;
	}
	if (question->tagged)
		pooltag_tag_to_text(question->tag, tag);
	for (size_t i = strlen(tag); i > 0 && tag[i - 1] == ' '; i--)
		tag[i - 1] = '\0';
	snprintf(out, PLACE_SIZE, "%s%s%s", tag, question->tagged && question->pooled ? " " : "",
		 question->pooled ? model_pool_name(question->pool) : "");
	if (!*out)
		snprintf(out, PLACE_SIZE, "all blocks");
}

/* The process has made sites since the snapshot, and may claim what it likes. */
static void blocks_fill(struct blocks_entry *entry, const struct reader_process *process,
			const struct blocks_question *question, const struct pooltag_listed *block)
{
	entry->address = block->address;
	entry->requested = block->requested;
	entry->charge = block->charge;
	entry->known = block->site < process->tables->site_count;
	if (entry->known) {
		const struct reader_site *site = &process->tables->sites[block->site];

		entry->tag = site->tag;
		entry->pool = site->pool;
		place_exact(process, block->site, entry->place);
		return;
	}
	entry->tag = question->tagged ? question->tag : POOLTAG_TAG('?', '?', '?', '?');
	entry->pool = question->pooled ? question->pool : POOLTAG_POOL_PAGED;
	snprintf(entry->place, sizeof(entry->place), "[a site not read yet]");
}

int blocks_ask(struct blocks *ret_blocks, const struct reader_process *process,
	       const struct blocks_question *question, uint64_t timeout_ns)
{
	const struct pooltag_question words = blocks_words(question);
	struct request_blocks *answer = memory_zeroed(1, sizeof(*answer));
	int error = request_blocks(process, &words, timeout_ns, answer);

	memset(ret_blocks, 0, sizeof(*ret_blocks));
	if (error == 0) {
		ret_blocks->pid = process->pid;
		snprintf(ret_blocks->process, sizeof(ret_blocks->process), "%s",
			 reader_process_name(process));
		blocks_what(process, question, ret_blocks->what);
		ret_blocks->least = question->least;
		ret_blocks->count = answer->listing.blocks;
		ret_blocks->requested = answer->listing.requested;
		ret_blocks->charge = answer->listing.charge;
		ret_blocks->duration_ns = answer->listing.duration_ns;
		ret_blocks->listed = answer->listing.listed;
		ret_blocks->entries =
			memory_zeroed(ret_blocks->listed, sizeof(*ret_blocks->entries));
		for (size_t i = 0; i < ret_blocks->listed; i++)
			blocks_fill(&ret_blocks->entries[i], process, question, &answer->blocks[i]);
	} else if (error == -ECANCELED && answer->listing.error == EPERM) {
		error = -EPERM;
	}
	free(answer);
	return error;
}

void blocks_fini(struct blocks *blocks)
{
	free(blocks->entries);
	memset(blocks, 0, sizeof(*blocks));
}

const char *blocks_reason(int error)
{
	switch (error) {
	case -ETIMEDOUT:
		return "no answer: it looks now and then when it allocates, or at the "
		       "signal of its option leak_signal=";
	case -ESRCH:
		return "it has ended";
	case -ENOTSUP:
		return "its pooltag library is older than this question";
	case -EBUSY:
		return "somebody else asked at the same time; try again";
	case -EPERM:
		return "a system call filter confines it, so it cannot look";
	case -ECANCELED:
		return "it had no memory to look through its heap";
	case -EIO:
		return "its answer is damaged";
	default:
		return strerror(-error);
	}
}

void blocks_title(const struct blocks *blocks, char *out, size_t size)
{
	char least[48] = "";

	if (blocks->least)
		snprintf(least, sizeof(least), " of %" PRIu64 " bytes and more", blocks->least);
	snprintf(out, size,
		 " %s in %.63s (%u): %" PRIu64 " block%s%s, %" PRIu64 " bytes requested, %" PRIu64
		 " charged",
		 blocks->what, blocks->process, blocks->pid, blocks->count,
		 blocks->count == 1 ? "" : "s", least, blocks->requested, blocks->charge);
}

void blocks_line(const struct blocks_entry *entry, char *out, size_t size)
{
	char tag[5];

	pooltag_tag_to_text(entry->tag, tag);
	snprintf(out, size, " %#14" PRIx64 " %12" PRIu64 " %12" PRIu64 " %s %-5s  %s",
		 entry->address, entry->requested, entry->charge, tag, model_pool_name(entry->pool),
		 entry->place);
}

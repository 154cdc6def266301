/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/elf_text.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ELF_TEXT_PAGE 4096u

static int elf_text_check(int fd, Elf64_Ehdr *header)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) ||
	    pread(fd, header, sizeof(*header), 0) != (ssize_t)sizeof(*header) ||
	    memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
	    header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
	    header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff > INT64_MAX / 2)
		return -ENOEXEC;
	return 0;
}

static int elf_text_search(int fd, const Elf64_Ehdr *header, struct elf_text *ret_text)
{
	unsigned found = 0;

	for (unsigned i = 0; i < header->e_phnum; i++) {
		off_t at = (off_t)(header->e_phoff + (uint64_t)i * sizeof(Elf64_Phdr));
		Elf64_Phdr segment;
		uint64_t into;

		if (pread(fd, &segment, sizeof(segment), at) != (ssize_t)sizeof(segment))
			return -ENOEXEC;
		if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X))
			continue;
		into = segment.p_vaddr % ELF_TEXT_PAGE;
		/* Only a file whose offsets and addresses agree within the page can be mapped. */
		if (found++ || segment.p_offset % ELF_TEXT_PAGE != into ||
		    segment.p_memsz > UINT64_MAX - into)
			return -ENOEXEC;
		ret_text->address = segment.p_vaddr - into;
		ret_text->size = segment.p_memsz + into;
		ret_text->offset = segment.p_offset - into;
	}
	return found ? 0 : -ENOEXEC;
}

int elf_text_find(const char *path, struct elf_text *ret_text)
{
	/* What has the name of a module by now may be a pipe, which must not keep us waiting. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	Elf64_Ehdr header;
	int error;

	if (fd < 0)
		return -errno;
	error = elf_text_check(fd, &header);
	if (error == 0)
		error = elf_text_search(fd, &header, ret_text);
	close(fd);
	return error;
}

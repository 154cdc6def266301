/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/sites/elf_file.h"
#include "lib/base/atomic.h"
#include "lib/base/sys.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>

/* What is believable in the headers of a file that a loader accepts. */
#define HEADERS_MAX  256
#define SECTIONS_MAX 65536
#define NOTES_MAX    65536

int sites_elf_open(const char *path, struct sites_elf_file *ret_file)
{
	struct stat status;
	long error;
	long fd;

	if (base_load_relaxed(&base_confined))
		return -EPERM;
	/* Not to wait for the writer of a pipe. */
	fd = BASE_SYSCALL4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
			   0);
	if (fd < 0)
		return (int)fd;
	error = BASE_SYSCALL2(SYS_fstat, fd, &status);
	if (error == 0 && (!S_ISREG(status.st_mode) || status.st_size < 0))
		error = -EINVAL;
	if (error != 0) {
		BASE_SYSCALL1(SYS_close, fd);
		return (int)error;
	}
	*ret_file = (struct sites_elf_file){
		.fd = (int)fd,
		.identity =
			{
				.device = status.st_dev,
				.inode = status.st_ino,
				.size = (uint64_t)status.st_size,
				.changed_s = status.st_mtim.tv_sec,
				.changed_ns = status.st_mtim.tv_nsec,
			},
	};
	return 0;
}

void sites_elf_close(struct sites_elf_file *file)
{
	BASE_SYSCALL1(SYS_close, file->fd);
	file->fd = -1;
}

int sites_elf_read(const struct sites_elf_file *file, uint64_t offset, void *buffer, size_t size)
{
	char *to = buffer;

	if (offset > file->identity.size || size > file->identity.size - offset)
		return -EINVAL;
	while (size > 0) {
		long n = BASE_SYSCALL4(SYS_pread64, file->fd, to, size, offset);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? (int)n : -EINVAL;
		to += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int sites_elf_same(const struct sites_file_identity *a, const struct sites_file_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed_s == b->changed_s && a->changed_ns == b->changed_ns;
}

static int read_header(const struct sites_elf_file *file, Elf64_Ehdr *header)
{
	int error = sites_elf_read(file, 0, header, sizeof(*header));

	if (error != 0)
		return error;
	if (header->e_ident[EI_MAG0] != ELFMAG0 || header->e_ident[EI_MAG1] != ELFMAG1 ||
	    header->e_ident[EI_MAG2] != ELFMAG2 || header->e_ident[EI_MAG3] != ELFMAG3 ||
	    header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
		return -EINVAL;
	return 0;
}

static int bytes_equal(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a, *y = b;

	while (size > 0 && *x == *y) {
		x++;
		y++;
		size--;
	}
	return size == 0;
}

/* A build id among the notes of one segment: 1 equal, 0 different, -ENOENT none. */
static int compare_notes(const struct sites_elf_file *file, const Elf64_Phdr *segment,
			 const struct sites_module *module)
{
	uint64_t at = segment->p_offset, end = at + base_min(segment->p_filesz, NOTES_MAX);
	uint8_t id[SITES_BUILD_ID_MAX];
	char owner[4];
	Elf64_Nhdr note;

	while (end - at >= sizeof(note) && sites_elf_read(file, at, &note, sizeof(note)) == 0) {
		uint64_t name = at + sizeof(note);
		uint64_t data = name + base_round_up(note.n_namesz, 4);
		uint64_t next = data + base_round_up(note.n_descsz, 4);

		if (next > end)
			break;
		at = next;
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof(owner) ||
		    sites_elf_read(file, name, owner, sizeof(owner)) != 0 ||
		    !bytes_equal(owner, "GNU", sizeof(owner)))
			continue;
		return note.n_descsz == module->build_id_size && note.n_descsz <= sizeof(id) &&
		       sites_elf_read(file, data, id, note.n_descsz) == 0 &&
		       bytes_equal(id, module->build_id, note.n_descsz);
	}
	return -ENOENT;
}

/* 1 equal, 0 different, -ENOENT: the file has none. */
static int compare_build_id(const struct sites_elf_file *file, const struct sites_module *module)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	if (read_header(file, &header) != 0 || header.e_phentsize != sizeof(segment))
		return -ENOENT;
	for (unsigned i = 0; i < header.e_phnum && i < HEADERS_MAX; i++) {
		int answer;

		if (sites_elf_read(file, header.e_phoff + i * sizeof(segment), &segment,
				   sizeof(segment)) != 0)
			break;
		if (segment.p_type != PT_NOTE || segment.p_offset > file->identity.size)
			continue;
		answer = compare_notes(file, &segment, module);
		if (answer != -ENOENT)
			return answer;
	}
	return -ENOENT;
}

/* Whether the headers of the file are those at the start of the mapping. */
static int same_headers(const struct sites_elf_file *file, const struct sites_module *module)
{
	const Elf64_Ehdr *mapped = (const Elf64_Ehdr *)module->start;
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	if (read_header(file, &header) != 0 || header.e_phentsize != sizeof(segment) ||
	    module->end - module->start < BASE_PAGE_SIZE ||
	    !bytes_equal(mapped, &header, sizeof(header)) || header.e_phoff > BASE_PAGE_SIZE ||
	    header.e_phoff + header.e_phnum * sizeof(segment) > BASE_PAGE_SIZE)
		return 0;
	for (unsigned i = 0; i < header.e_phnum; i++) {
		uint64_t at = header.e_phoff + i * sizeof(segment);

		if (sites_elf_read(file, at, &segment, sizeof(segment)) != 0 ||
		    !bytes_equal((const void *)(module->start + at), &segment, sizeof(segment)))
			return 0;
	}
	return 1;
}

int sites_elf_has_build_id(const struct sites_elf_file *file, const struct sites_module *module)
{
	return module->build_id_size > 0 && compare_build_id(file, module) == 1;
}

int sites_elf_is_module(const struct sites_elf_file *file, const struct sites_module *module)
{
	int answer = module->build_id_size > 0 ? compare_build_id(file, module) : -ENOENT;

	return answer == -ENOENT ? same_headers(file, module) : answer;
}

static int read_section(const struct sites_elf_file *file, const Elf64_Ehdr *header, uint64_t index,
			Elf64_Shdr *section)
{
	if (header->e_shoff > file->identity.size)
		return -EINVAL;
	return sites_elf_read(file, header->e_shoff + index * sizeof(*section), section,
			      sizeof(*section));
}

static int is_inside(const struct sites_elf_file *file, const Elf64_Shdr *section)
{
	return section->sh_type != SHT_NOBITS && section->sh_offset <= file->identity.size &&
	       section->sh_size <= file->identity.size - section->sh_offset;
}

int sites_elf_find_symbols(const struct sites_elf_file *file, struct sites_extent *ret_symbols,
			   struct sites_extent *ret_strings)
{
	Elf64_Ehdr header;
	Elf64_Shdr section, strings;
	uint64_t count;
	int error = read_header(file, &header);

	if (error != 0)
		return error;
	if (header.e_shoff == 0)
		return -ENOENT;
	if (header.e_shentsize != sizeof(section) || read_section(file, &header, 0, &section) != 0)
		return -EINVAL;
	/* More sections than fit the header's field are counted in the first section. */
	count = header.e_shnum != 0 ? header.e_shnum : section.sh_size;
	for (uint64_t i = 1; i < count && i < SECTIONS_MAX; i++) {
		if (read_section(file, &header, i, &section) != 0)
			return -EINVAL;
		if (section.sh_type != SHT_SYMTAB)
			continue;
		if (section.sh_entsize != sizeof(Elf64_Sym) || section.sh_link >= count ||
		    read_section(file, &header, section.sh_link, &strings) != 0 ||
		    !is_inside(file, &section) || !is_inside(file, &strings))
			return -EINVAL;
		*ret_symbols = (struct sites_extent){section.sh_offset, section.sh_size};
		*ret_strings = (struct sites_extent){strings.sh_offset, strings.sh_size};
		return 0;
	}
	return -ENOENT;
}

// Counts a process's heap use in a file that others can read: LD_PRELOAD it with MALLOC_COUNTER naming a folder.
// Each process, forked ones too, maps a file called by its pid: allocations, frees and live bytes, 8 bytes each.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct counters {
    atomic_long allocations, frees, live_bytes;
};
static struct counters before_mapping;
static struct counters* counters = &before_mapping;

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);
extern void __libc_free(void*);

static void map_file(void) {
    const char* folder = getenv("MALLOC_COUNTER");
    char path[512];
    if (folder == NULL) return;
    snprintf(path, sizeof path, "%s/%d", folder, getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || ftruncate(fd, sizeof(struct counters)) != 0) return;
    struct counters* mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) return;
    // The heap is inherited by fork: so is the count of what lives in it.
    atomic_store(&mapped->live_bytes, atomic_load(&counters->live_bytes));
    counters = mapped;
}

__attribute__((constructor)) static void begin(void) {
    map_file();
    pthread_atfork(NULL, NULL, map_file);
}

static void* count(void* block) {
    if (block == NULL) return NULL;
    atomic_fetch_add_explicit(&counters->allocations, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->live_bytes, (long)malloc_usable_size(block), memory_order_relaxed);
    return block;
}

static void uncount(void* block) {
    if (block == NULL) return;
    atomic_fetch_add_explicit(&counters->frees, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&counters->live_bytes, (long)malloc_usable_size(block), memory_order_relaxed);
}

void* malloc(size_t size) { return count(__libc_malloc(size)); }
void* calloc(size_t n, size_t size) { return count(__libc_calloc(n, size)); }
void* memalign(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size)); }
void* aligned_alloc(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size)); }
int posix_memalign(void** block, size_t alignment, size_t size) {
    *block = count(__libc_memalign(alignment, size));
    return *block == NULL ? 12 : 0;
}
void* realloc(void* block, size_t size) {
    uncount(block);
    return count(__libc_realloc(block, size));
}
void free(void* block) {
    uncount(block);
    __libc_free(block);
}

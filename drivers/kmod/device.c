// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * /dev/windhover: opening, the calls, mapping.
 *
 * Who may open it is asked once, of the opener: the file mode (0600, root), and CAP_PERFMON or CAP_SYS_ADMIN in the
 * initial user namespace. CAP_PERFMON is the kernel's own answer to "may watch every process of this machine" (it lets
 * perf and BPF programs read the same memory), so nobody gains anything here. The calls ask the same of the credentials
 * the file was opened with and not of the caller, so that a reader can open, give up its privileges, and go on.
 */
#include <linux/capability.h>
#include <linux/cpu.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "device.h"
#include "features.h"
#include "tracepoints.h"

/*
 * Two locks, because registering a probe waits for CPU hot-plug to be over, and hot-plug gives consumers rings:
 * wh_attach_lock is taken before the kernel's hot-plug lock, rings_lock behind it. Both never.
 */
DEFINE_MUTEX(wh_attach_lock);
/* Who changes wh_consumers, or the rings of one of them. */
static DEFINE_MUTEX(rings_lock);
struct wh_consumer *wh_consumers[WH_KMOD_CONSUMERS];
u8 wh_gate[WH_CALL_NUMBERS] __read_mostly;

/* Every open, set up or not, has a slot; under rings_lock. */
static bool slot_taken[WH_KMOD_CONSUMERS];

static bool may_watch(const struct file *file)
{
#ifdef CAP_PERFMON
	if (file_ns_capable(file, &init_user_ns, CAP_PERFMON))
		return true;
#endif
	return file_ns_capable(file, &init_user_ns, CAP_SYS_ADMIN);
}

/* The number in a 32-bit call's register that leads to a slot: socketcall and ipc stand for all that they can ask for. */
static u32 ia32_number(u32 slot)
{
	enum { SOCKETCALL = 102, IPC = 117 };

	if (slot < WH_SLOT_SOCKETCALL)
		return slot - WH_SLOT_IA32;
	return slot < WH_SLOT_IPC ? SOCKETCALL : IPC;
}

/*
 * Takes the union of all interests and attaches what it needs. Under wh_attach_lock, which every consumer takes once
 * more between leaving wh_consumers and being freed.
 */
static int apply_interests(void)
{
	struct wh_consumer *consumers[WH_KMOD_CONSUMERS];
	static u8 gate[WH_CALL_NUMBERS];	/* too large for the stack; the lock guards it */
	u32 points = 0, i, slot, count = 0;
	u8 all = 0;

	lockdep_assert_held(&wh_attach_lock);
	for (i = 0; i < WH_KMOD_CONSUMERS; i++) {
		consumers[count] = READ_ONCE(wh_consumers[i]);
		if (consumers[count])
			points |= consumers[count++]->points;
	}
	memset(gate, 0, sizeof(gate));
	for (slot = 0; slot < WH_CALL_SLOTS; slot++) {
		u8 wanted = 0;

		for (i = 0; i < count; i++)
			wanted |= consumers[i]->wanted[slot];
		if (slot < WH_CALL_NUMBERS)
			gate[slot] |= wanted;
		else
			gate[ia32_number(slot)] |= wanted << WH_GATE_IA32;
		all |= wanted;
	}
	for (i = 0; i < WH_CALL_NUMBERS; i++)
		WRITE_ONCE(wh_gate[i], gate[i]);
	return wh_attach(all & WH_KMOD_WANTED_EXIT, all & WH_KMOD_WANTED_ENTRY, points);
}

static int wh_open(struct inode *inode, struct file *file)
{
	struct wh_consumer *consumer;
	int slot;

	if (!may_watch(file))
		return -EPERM;
	consumer = kvzalloc(struct_size(consumer, rings, nr_cpu_ids), GFP_KERNEL);
	if (!consumer)
		return -ENOMEM;
	consumer->status = (void *)get_zeroed_page(GFP_KERNEL);
	if (!consumer->status) {
		kvfree(consumer);
		return -ENOMEM;
	}
	mutex_lock(&rings_lock);
	for (slot = 0; slot < WH_KMOD_CONSUMERS; slot++)
		if (!slot_taken[slot])
			break;
	if (slot < WH_KMOD_CONSUMERS)
		slot_taken[slot] = true;
	mutex_unlock(&rings_lock);
	if (slot == WH_KMOD_CONSUMERS) {
		free_page((unsigned long)consumer->status);
		kvfree(consumer);
		return -EBUSY;
	}
	consumer->slot = slot;
	file->private_data = consumer;
	return nonseekable_open(inode, file);
}

/* The last reference to the file is gone, and mappings hold one each: nobody can see the rings any more. */
static int wh_release(struct inode *inode, struct file *file)
{
	struct wh_consumer *consumer = file->private_data;
	u32 cpu;

	mutex_lock(&rings_lock);
	if (consumer->is_set_up)
		WRITE_ONCE(wh_consumers[consumer->slot], NULL);
	mutex_unlock(&rings_lock);
	mutex_lock(&wh_attach_lock);
	if (consumer->is_set_up)
		apply_interests();	/* only detaches, which cannot fail */
	mutex_unlock(&wh_attach_lock);
	/* Probes run with preemption off: after this none still has the consumer in hand. */
	synchronize_rcu();
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		wh_ring_destroy(consumer->rings[cpu]);
	free_page((unsigned long)consumer->status);
	mutex_lock(&rings_lock);
	slot_taken[consumer->slot] = false;
	mutex_unlock(&rings_lock);
	kvfree(consumer);
	return 0;
}

/* Gives the consumer a ring on a CPU. Under rings_lock. */
static int add_ring(struct wh_consumer *consumer, u32 cpu)
{
	struct wh_kmod_status *status = consumer->status;
	struct wh_ring *ring;

	/* Beyond what offsets can name there are no rings: the events of such CPUs are counted as homeless. */
	if (consumer->rings[cpu] || cpu >= WH_KMOD_CPUS_MAX)
		return 0;
	ring = wh_ring_create(consumer->ring_bytes, cpu_to_node(cpu));
	if (!ring)
		return -ENOMEM;
	/* Release: a probe that sees the ring sees its members. */
	smp_store_release(&consumer->rings[cpu], ring);
	status->has_ring[cpu / 64] |= 1ull << cpu % 64;
	smp_store_release(&status->rings, status->rings + 1);
	return 0;
}

/**
 * wh_add_rings() - rings of a CPU that comes online, for every consumer
 * @cpu: the CPU; it runs nothing yet
 *
 * A consumer for which there is no memory goes on without: its events of this CPU are counted as homeless. Not letting
 * the CPU come online would be worse.
 */
void wh_add_rings(u32 cpu)
{
	u32 slot;

	mutex_lock(&rings_lock);
	for (slot = 0; slot < WH_KMOD_CONSUMERS; slot++)
		if (wh_consumers[slot] && add_ring(wh_consumers[slot], cpu))
			pr_warn("windhover: no memory for a ring of CPU %u\n", cpu);
	mutex_unlock(&rings_lock);
}

static long get_info(void __user *argument)
{
	struct wh_kmod_info info = {
		.version = WH_KMOD_VERSION,
		.cpus = nr_cpu_ids,
		.points = wh_points_available(),
		.page_bytes = PAGE_SIZE,
	};

	return copy_to_user(argument, &info, sizeof(info)) ? -EFAULT : 0;
}

static long set_up(struct wh_consumer *consumer, const void __user *argument)
{
	struct wh_kmod_setup setup;
	u32 cpu;
	int error = 0;

	if (copy_from_user(&setup, argument, sizeof(setup)))
		return -EFAULT;
	if (setup.version != WH_KMOD_VERSION)
		return -EPROTO;
	if (!is_power_of_2(setup.ring_bytes) || setup.ring_bytes < WH_KMOD_RING_MIN ||
	    setup.ring_bytes > WH_KMOD_RING_MAX || setup.snaplen > WH_MAX_SNAPLEN)
		return -EINVAL;

	/* CPUs neither come nor go meanwhile. wh_add_rings() takes the locks in the same order. */
	cpus_read_lock();
	mutex_lock(&rings_lock);
	if (consumer->is_set_up) {
		error = -EALREADY;
		goto out;
	}
	/* Rings of an attempt that ran out of memory may be mapped already: they are of one size. */
	if (consumer->ring_bytes && consumer->ring_bytes != setup.ring_bytes) {
		error = -EINVAL;
		goto out;
	}
	consumer->ring_bytes = setup.ring_bytes;
	consumer->snaplen = setup.snaplen;
	consumer->ignored_process = setup.ignored_process;
	consumer->boot_to_epoch_ns = setup.boot_to_epoch_ns;
	for_each_online_cpu(cpu) {
		error = add_ring(consumer, cpu);
		if (error)
			goto out;	/* the rings made so far serve the next attempt, or go with the file */
	}
	/* Release: who sees the consumer sees its members. */
	smp_store_release(&wh_consumers[consumer->slot], consumer);
	smp_store_release(&consumer->is_set_up, true);
out:
	mutex_unlock(&rings_lock);
	cpus_read_unlock();
	return error;
}

static long set_interest(struct wh_consumer *consumer, const void __user *argument)
{
	struct wh_kmod_interest *interest;
	long error = 0;
	u32 i;

	interest = memdup_user(argument, sizeof(*interest));
	if (IS_ERR(interest))
		return PTR_ERR(interest);
	if (interest->points & ~wh_points_available())
		error = -EOPNOTSUPP;
	if (interest->points & ~WH_KMOD_POINTS_ALL || interest->options & ~WH_KMOD_OPTIONS_ALL)
		error = -EINVAL;
	for (i = 0; i < WH_CALL_SLOTS; i++)
		if (interest->wanted[i] & ~(WH_KMOD_WANTED_EXIT | WH_KMOD_WANTED_ENTRY))
			error = -EINVAL;
	if (error)
		goto out;

	mutex_lock(&wh_attach_lock);
	/* Acquire: pairs with set_up(). */
	if (!smp_load_acquire(&consumer->is_set_up)) {
		error = -ENXIO;
	} else {
		WRITE_ONCE(consumer->asking, task_pid_nr(current));
		for (i = 0; i < WH_CALL_SLOTS; i++)
			WRITE_ONCE(consumer->wanted[i], interest->wanted[i]);
		WRITE_ONCE(consumer->points, interest->points);
		WRITE_ONCE(consumer->options, interest->options);
		error = apply_interests();
	}
	mutex_unlock(&wh_attach_lock);
	/*
	 * A record of the old interest may still be on its way: who turns capture off wants the rings to be still when
	 * the call returns.
	 */
	if (!error)
		synchronize_rcu();
out:
	kfree(interest);
	return error;
}

static long wh_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct wh_consumer *consumer = file->private_data;

	if (!may_watch(file))
		return -EPERM;
	switch (command) {
	case WH_KMOD_INFO:
		return get_info((void __user *)argument);
	case WH_KMOD_SETUP:
		return set_up(consumer, (const void __user *)argument);
	case WH_KMOD_CAPTURE:
		return set_interest(consumer, (const void __user *)argument);
	default:
		return -ENOTTY;
	}
}

static int map_page(struct vm_area_struct *area, unsigned long index, void *page)
{
	return vm_insert_page(area, area->vm_start + index * PAGE_SIZE, virt_to_page(page));
}

/*
 * Maps whole pages at once, so that reading never faults. A mapping holds the file, and the file the rings. Nothing can
 * grow it (VM_DONTEXPAND), make it executable, or make what is read-only writable; a child does not inherit it.
 */
static int wh_mmap(struct file *file, struct vm_area_struct *area)
{
	struct wh_consumer *consumer = file->private_data;
	u64 offset = (u64)area->vm_pgoff << PAGE_SHIFT, within = offset % WH_KMOD_STRIDE;
	unsigned long pages = vma_pages(area), i, data_pages;
	bool is_reader_page = false;
	struct wh_ring *ring = NULL;
	int error = 0;

	if (!(area->vm_flags & VM_SHARED) || area->vm_flags & VM_EXEC)
		return -EPERM;
	if (offset != WH_KMOD_STATUS_OFFSET) {
		u64 cpu = offset / WH_KMOD_STRIDE;

		if (cpu >= nr_cpu_ids)
			return -EINVAL;
		/* Acquire: pairs with add_ring(). An entry stays until the file is released. */
		ring = smp_load_acquire(&consumer->rings[cpu]);
		if (!ring)
			return -ENXIO;
		is_reader_page = within == 0;
	}
	if (area->vm_flags & VM_WRITE && !is_reader_page)
		return -EPERM;

	if (!ring || is_reader_page) {
		if (pages != 1)
			return -EINVAL;
	} else {
		data_pages = ring->size >> PAGE_SHIFT;
		if (within != PAGE_SIZE || pages > 1 + 2 * data_pages)
			return -EINVAL;
	}
	wh_vm_flags_set(area, VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY);
	wh_vm_flags_clear(area, is_reader_page ? VM_MAYEXEC : VM_MAYEXEC | VM_MAYWRITE);

	if (!ring)
		return map_page(area, 0, consumer->status);
	if (is_reader_page)
		return map_page(area, 0, ring->consumer);
	error = map_page(area, 0, ring->producer);
	for (i = 1; i < pages && !error; i++)
		error = vm_insert_page(area, area->vm_start + i * PAGE_SIZE, ring->pages[i - 1]);
	return error;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = wh_open,
	.release = wh_release,
	.unlocked_ioctl = wh_ioctl,
	.mmap = wh_mmap,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "windhover",
	.fops = &operations,
	.mode = 0600,
};

int wh_device_add(void)
{
	return misc_register(&device);
}

void wh_device_remove(void)
{
	misc_deregister(&device);
}

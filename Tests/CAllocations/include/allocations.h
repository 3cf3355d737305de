#ifndef WH_ALLOCATIONS_H
#define WH_ALLOCATIONS_H

/* How many blocks the calling thread has asked the heap for, since it started. */
unsigned long allocations_of_this_thread(void);

#endif

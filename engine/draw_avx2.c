/* SPDX-License-Identifier: ISC */
#include "engine/draw_avx2.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))

/* Four integers of 64 bits, and four doubles. */
typedef uint64_t ints __attribute__((vector_size(32)));
typedef double reals __attribute__((vector_size(32)));

AVX2 static inline ints ints_all(uint64_t value)
{
    return (ints)_mm256_set1_epi64x((long long)value);
}

AVX2 static inline reals reals_all(double value)
{
    return (reals)_mm256_set1_pd(value);
}

AVX2 static inline ints ints_load(const uint64_t *from)
{
    return (ints)_mm256_loadu_si256((const __m256i *)(const void *)from);
}

AVX2 static inline reals reals_load(const double *from)
{
    return (reals)_mm256_loadu_pd(from);
}

AVX2 static inline ints left(ints number, int bits)
{
    return (ints)_mm256_slli_epi64((__m256i)number, bits);
}

AVX2 static inline ints right(ints number, int bits)
{
    return (ints)_mm256_srli_epi64((__m256i)number, bits);
}

/* a * b + c, rounded once. */
AVX2 static inline reals fused(reals a, reals b, reals c)
{
    return (reals)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}

/* c[0] + c[1] x + ... + c[n - 1] x^(n - 1), by Horner's rule. */
AVX2 static inline reals polynomial(reals x, const double *c, unsigned n)
{
    reals sum = reals_all(c[n - 1]);

#pragma GCC unroll 16
    for (unsigned i = n - 1; i-- > 0;)
        sum = fused(sum, x, reals_all(c[i]));
    return sum;
}

bool draw_avx2_is_there(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* ---- The generator -------------------------------------------------------------- */

/* A product of the lower halves. */
AVX2 static inline ints multiply(ints a, ints b)
{
    return (ints)_mm256_mul_epu32((__m256i)a, (__m256i)b);
}

/* The upper 53 bits of a number in two halves, of which the lower one's upper half is void. */
AVX2 static inline ints upper_bits(ints low, ints high)
{
    return right(left(high, 32) | (low & ints_all(UINT32_MAX)), 11);
}

AVX2 void draw_avx2_bits(int64_t seed, enum draw_purpose purpose, const uint32_t *jobs, unsigned n,
                         uint64_t *u_bits, uint64_t *v_bits)
{
    for (unsigned i = 0; i < n; i += DRAW_AVX2_LANES) {
        /* Only the lower half of each number counts: products take no other. */
        ints c0 =
            (ints)_mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)(const void *)&jobs[i]));
        ints c1 = ints_all(1), c2 = ints_all(0), c3 = ints_all(purpose);
        uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)((uint64_t)seed >> 32);

#pragma GCC unroll 10
        for (int round = 0; round < DRAW_PHILOX_ROUNDS; round++) {
            ints a = multiply(ints_all(DRAW_PHILOX_MUL_0), c0);
            ints b = multiply(ints_all(DRAW_PHILOX_MUL_1), c2);

            c0 = right(b, 32) ^ c1 ^ ints_all(k0);
            c1 = b;
            c2 = right(a, 32) ^ c3 ^ ints_all(k1);
            c3 = a;
            k0 += DRAW_PHILOX_WEYL_0;
            k1 += DRAW_PHILOX_WEYL_1;
        }
        _mm256_storeu_si256((__m256i *)(void *)&u_bits[i], (__m256i)upper_bits(c0, c1));
        _mm256_storeu_si256((__m256i *)(void *)&v_bits[i], (__m256i)upper_bits(c2, c3));
    }
}

/* ---- Functions ------------------------------------------------------------------ */

/*
 * Each is a power series of an argument that is first made small, with as many terms as leave
 * less than a tenth of a unit of draw_formula.h: see J.-M. Muller, "Elementary functions"
 * (3rd edition, 2016), chapters 3 and 11.  What rounding adds stays below 4 units, where 8 are
 * allowed; test_draw.c looks at what they are off.
 */

#define MANTISSA_BITS 52

/* ln 2 in two parts, of which the first has 32 bits: small multiples of it are exact. */
#define LN_2_HIGH 6.93147180369123816490e-01
#define LN_2_LOW  1.90821492927058770002e-10

/* An integer below 2^63, exactly where it has no more than 53 bits: its halves are made the last
 * bits of 2^84 and of 2^52. */
AVX2 static inline reals real_of(ints number)
{
    reals low = (reals)((number & ints_all(UINT32_MAX)) | (ints)reals_all(0x1p52));
    reals high = (reals)(right(number, 32) | (ints)reals_all(0x1p84));

    return (high - reals_all(0x1p84 + 0x1p52)) + low;
}

/*
 * -ln(1 - u).  With 1 - u = 2^-k f, f within sqrt(1/2) .. sqrt(2), and s = (f - 1) / (f + 1) it is
 * k ln 2 - 2 (s + s^3/3 + s^5/5 + ...), and s^2 at most 0.0295.
 */
AVX2 static inline reals minus_log(ints u_bits)
{
    static const double thirds[] = {1. / 3,  1. / 5,  1. / 7,  1. / 9,  1. / 11,
                                    1. / 13, 1. / 15, 1. / 17, 1. / 19, 1. / 21};
    const ints root = (ints)reals_all(0.70710678118654752440);
    ints bits = (ints)real_of(ints_all(UINT64_C(1) << 53) - u_bits);
    ints power = right(bits - root, MANTISSA_BITS);
    reals f = (reals)(bits - left(power, MANTISSA_BITS));
    reals k = real_of(ints_all(53) - power);
    reals s = (f - reals_all(1)) / (f + reals_all(1)), square = s * s;
    reals rest = s * square * polynomial(square, thirds, sizeof(thirds) / sizeof(thirds[0]));

    return fused(k, reals_all(LN_2_HIGH),
                 fused(k, reals_all(LN_2_LOW), reals_all(-2) * rest) - (s + s));
}

/* cos(2 pi v), which is sin(2 pi t) for t = |v - 1/2| - 1/4, exactly. */
AVX2 static inline reals cosine(ints v_bits)
{
    static const double factorials[] = {
        -1. / 6,
        1. / 120,
        -1. / 5040,
        1. / 362880,
        -1. / 39916800,
        1. / 6227020800,
        -1. / 1307674368000,
        1. / 355687428096000,
        -1. / 121645100408832000,
        1. / 51090942171709440000.,
    };
    const ints sign = (ints)reals_all(-0.0);
    reals from_half = real_of(v_bits) * reals_all(0x1p-53) - reals_all(0.5);
    reals t = (reals)((ints)from_half & ~sign) - reals_all(0.25);
    reals x = t * reals_all(6.283185307179586476925286766559), square = x * x;

    return fused(x * square,
                 polynomial(square, factorials, sizeof(factorials) / sizeof(factorials[0])), x);
}

/* e^x for |x| below 700: 2^k e^r, and |r| at most 0.35. */
AVX2 static inline reals exponential(reals x)
{
    static const double factorials[] = {
        1.,
        1.,
        1. / 2,
        1. / 6,
        1. / 24,
        1. / 120,
        1. / 720,
        1. / 5040,
        1. / 40320,
        1. / 362880,
        1. / 3628800,
        1. / 39916800,
        1. / 479001600,
        1. / 6227020800,
    };
    /* To the nearest integer, which are the last bits of the sum. */
    const reals shift = reals_all(0x1.8p52);
    reals shifted = fused(x, reals_all(1.44269504088896340736), shift), k = shifted - shift;
    reals r = fused(-k, reals_all(LN_2_LOW), fused(-k, reals_all(LN_2_HIGH), x));
    reals power = polynomial(r, factorials, sizeof(factorials) / sizeof(factorials[0]));

    return (reals)((ints)power + left((ints)shifted, MANTISSA_BITS));
}

AVX2 static inline reals square_root(reals x)
{
    return (reals)_mm256_sqrt_pd((__m256d)x);
}

AVX2 void draw_avx2_lengths(enum dist_kind kind, const double *a_ns, const double *b, unsigned n,
                            const uint64_t *u_bits, const uint64_t *v_bits, double *ns,
                            double *radius)
{
    for (unsigned i = 0; i < n; i += DRAW_AVX2_LANES) {
        reals a = reals_load(&a_ns[i]), minus = minus_log(ints_load(&u_bits[i])), around, z;

        if (kind == DIST_EXPONENTIAL) {
            _mm256_storeu_pd(&ns[i], (__m256d)(a * minus));
            continue;
        }
        around = square_root(minus + minus);
        z = around * cosine(ints_load(&v_bits[i]));
        z = kind == DIST_NORMAL ? a + reals_load(&b[i]) * z
                                : a * exponential(reals_load(&b[i]) * z);
        _mm256_storeu_pd(&ns[i], (__m256d)z);
        _mm256_storeu_pd(&radius[i], (__m256d)around);
    }
}

#else

bool draw_avx2_is_there(void)
{
    return false;
}

void draw_avx2_bits(int64_t seed, enum draw_purpose purpose, const uint32_t *jobs, unsigned n,
                    uint64_t *u_bits, uint64_t *v_bits)
{
    (void)seed, (void)purpose, (void)jobs, (void)n, (void)u_bits, (void)v_bits;
}

void draw_avx2_lengths(enum dist_kind kind, const double *a_ns, const double *b, unsigned n,
                       const uint64_t *u_bits, const uint64_t *v_bits, double *ns, double *radius)
{
    (void)kind, (void)a_ns, (void)b, (void)n, (void)u_bits, (void)v_bits, (void)ns, (void)radius;
}

#endif

//! Energy flow polynomials.

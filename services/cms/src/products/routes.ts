import { actorOf } from '@gaia/audit-log/actor';
import { bearer, bodyRefusals, noBody, problems, SiteParams, siteRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { requireScope, requireSite } from '@gaia/token-guard/requirements';
import { Type } from 'typebox';
import { PRODUCT_ID } from '../values/names.ts';
import type { Product, Products } from './products.ts';

const tags = ['products'];
const readers = { onRequest: [requireSite(), requireScope('content:read')] };
const managers = { onRequest: [requireSite(), requireScope('products:manage')] };

const ProductResponse = Type.Object(
  { id: Type.String(), site: Type.String(), name: Type.String(), created_at: Type.String(), updated_at: Type.String() },
  { title: 'Product', description: 'A product: entries can ask for it, users can hold it' },
);
const Name = Type.String({ minLength: 1, maxLength: 200 });
const ProductParams = Type.Object({
  ...SiteParams.properties,
  product: Type.String({ pattern: PRODUCT_ID, description: 'Id of the product' }),
});

/** `/cms/sites/:site/products`. To be registered under a guard. */
export function registerProducts(app: Service, products: Products): void {
  app.get(
    '/cms/sites/:site/products',
    {
      ...readers,
      schema: {
        operationId: 'listProducts',
        summary: 'List products',
        description: 'Of a site, by id.',
        tags,
        ...bearer,
        params: SiteParams,
        response: { 200: Type.Object({ items: Type.Array(ProductResponse) }), ...problems(siteRefusals) },
      },
    },
    async (request) => ({ items: (await products.list(request.params.site)).map(productResponse) }),
  );

  app.post(
    '/cms/sites/:site/products',
    {
      ...managers,
      schema: {
        operationId: 'createProduct',
        summary: 'Create a product',
        description: 'Entries and files that require it open for the users who hold it.',
        tags,
        ...bearer,
        params: SiteParams,
        body: Type.Object({ id: Type.String({ pattern: PRODUCT_ID }), name: Name }, { additionalProperties: false }),
        response: {
          201: ProductResponse,
          ...problems({ 400: bodyRefusals, ...siteRefusals, 409: ['product_exists', 'too_many_products'] }),
        },
      },
    },
    async (request, reply) => {
      const product = await products.create(actorOf(request), request.params.site, request.body);
      reply.code(201).header('location', `/cms/sites/${product.site}/products/${product.id}`);
      return productResponse(product);
    },
  );

  app.get(
    '/cms/sites/:site/products/:product',
    {
      ...readers,
      schema: {
        operationId: 'getProduct',
        summary: 'Get a product',
        description: 'Its id and name.',
        tags,
        ...bearer,
        params: ProductParams,
        response: { 200: ProductResponse, ...problems({ ...siteRefusals, 404: ['product_not_found'] }) },
      },
    },
    async (request) => productResponse(await products.get(request.params.site, request.params.product)),
  );

  app.patch(
    '/cms/sites/:site/products/:product',
    {
      ...managers,
      schema: {
        operationId: 'updateProduct',
        summary: 'Rename a product',
        description: 'The id stays, and so does what is required and held.',
        tags,
        ...bearer,
        params: ProductParams,
        body: Type.Object({ name: Name }, { additionalProperties: false }),
        response: {
          200: ProductResponse,
          ...problems({ 400: bodyRefusals, ...siteRefusals, 404: ['product_not_found'] }),
        },
      },
    },
    async (request) => {
      const { site, product } = request.params;
      return productResponse(await products.rename(actorOf(request), site, product, request.body.name));
    },
  );

  app.delete(
    '/cms/sites/:site/products/:product',
    {
      ...managers,
      schema: {
        operationId: 'deleteProduct',
        summary: 'Delete a product',
        description: 'Only one that no entry requires and no user holds.',
        tags,
        ...bearer,
        params: ProductParams,
        response: {
          204: noBody('Deleted'),
          ...problems({ ...siteRefusals, 404: ['product_not_found'], 409: ['product_in_use'] }),
        },
      },
    },
    async (request, reply) => {
      await products.remove(actorOf(request), request.params.site, request.params.product);
      return reply.code(204).send();
    },
  );
}

function productResponse(product: Product) {
  return {
    ...product,
    created_at: product.created_at.toISOString(),
    updated_at: product.updated_at.toISOString(),
  };
}
